"""A function that uses its secrets as any function would: out of os.environ."""

import os
import subprocess
import sys

EXPECTED = ["DB_PASSWORD", "STRIPE_KEY", "FLAG_BETA"]

print("app.py: imported, before the first event; DB_PASSWORD is", "here" if "DB_PASSWORD" in os.environ else "missing")


def handler(event, context):
    """Answers what it has without telling any of it."""
    has = [name for name in EXPECTED if name in os.environ]
    return {
        "hello": event.get("name", "world"),
        "has": has,
        "placeholders": sum(os.environ[name].startswith(("ssm:", "secretsmanager:")) for name in has),
        "in_children_too": all(os.environ[name] == in_a_child_process(name) for name in has),
    }


def in_a_child_process(name):
    read = [sys.executable, "-c", "import os, sys; sys.stdout.write(os.environ[sys.argv[1]])", name]
    return subprocess.run(read, stdout=subprocess.PIPE, check=True).stdout.decode()
