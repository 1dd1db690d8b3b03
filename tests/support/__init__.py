"""What the tests stand on: real programs, real stores, a real Lambda runtime."""
