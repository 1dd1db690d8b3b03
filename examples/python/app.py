"""A function that uses its secrets as any function would: out of os.environ."""

import os
import subprocess
import sys

EXPECTED = ["DB_PASSWORD", "STRIPE_KEY", "FLAG_BETA"]

print("app.py: imported, before the first event; DB_PASSWORD is", "here" if "DB_PASSWORD" in os.environ else "missing")


def handler(event, context):
    """Answers what it has without telling any of it."""
    return {
        "hello": event.get("name", "world"),
        "has": {name: described(name) for name in EXPECTED if name in os.environ},
        "missing": [name for name in EXPECTED if name not in os.environ],
        "request": context.aws_request_id != "",
    }


def described(name):
    value = os.environ[name]
    return {
        "characters": len(value),
        "is_a_placeholder": value.startswith(("ssm:", "secretsmanager:")),
        "same_in_a_child_process": value == in_a_child_process(name),
    }


def in_a_child_process(name):
    read = [sys.executable, "-c", "import os, sys; sys.stdout.write(os.environ[sys.argv[1]])", name]
    return subprocess.run(read, stdout=subprocess.PIPE, check=True).stdout.decode()
