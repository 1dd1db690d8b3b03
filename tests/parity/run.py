#!/usr/bin/env python3
"""Vestry held against the real OPA, section by section.

    run.py OPA VESTRY [SECTION...]

OPA and VESTRY are the programs. The exit code is 1 where they differ in a way that nobody explained.
"""

import subprocess
import sys
from pathlib import Path

import checks
import coverage
import decisions
import documents
import functions
import policies
import tests
from programs import Programs


def bundles(programs: Programs) -> bool:
    command = [sys.executable, Path(__file__).with_name("bundles.py"), programs.opa, programs.vestry]
    return subprocess.run([str(word) for word in command], check=False).returncode == 0


SECTIONS = {
    "tests": tests.compare,
    "coverage": coverage.compare,
    "decisions": decisions.compare,
    "functions": functions.compare,
    "documents": documents.compare,
    "checks": checks.compare,
    "policies": policies.compare,
    "bundles": bundles,
}


def main() -> None:
    programs = Programs(*sys.argv[1:3])
    held = [SECTIONS[name](programs) for name in sys.argv[3:] or SECTIONS]
    sys.exit(0 if all(held) else 1)


if __name__ == "__main__":
    main()
