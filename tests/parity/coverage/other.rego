package other

thing := 3
