"""Runs the programs under test, always with a built environment: never what this machine happens to have set."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from support import paths

# What the command behind `vestry exec` runs: it shows its environment byte for byte.
SHOW = "import os, json; print(json.dumps({k.decode('latin-1'): v.decode('latin-1') for k, v in os.environb.items()}))"


@dataclass
class Ran:
    status: int
    out: str
    err: str

    @property
    def said(self) -> str:
        return self.out + self.err


def run(command: list, env: dict[str, str], cwd: Path | None = None, seconds: float = 60) -> Ran:
    done = subprocess.run(
        [str(part) for part in command],
        env={"PATH": "/usr/bin:/bin", **env},
        cwd=cwd or paths.ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=seconds,
    )
    return Ran(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))


def exec_(env: dict[str, str], tmp: Path, *arguments: str, command: list | None = None) -> Ran:
    """`vestry exec ARGUMENTS -- COMMAND`, by default one that shows its environment."""
    command = command or [paths.PYTHON, "-I", "-c", SHOW]
    run_dir = {"VESTRY_RUN_DIR": str(tmp / "run"), "HOME": str(tmp)}
    return run([paths.VESTRY, "exec", *arguments, "--", *command], {**run_dir, **env})


def seen(ran: Ran) -> dict[str, bytes]:
    """The environment that the command behind `vestry exec` had."""
    assert ran.status == 0, ran.said
    return {name: value.encode("latin-1") for name, value in json.loads(ran.out).items()}
