"""The real readers of the file formats: what each makes of a file."""

import json
from pathlib import Path

from support import paths
from support.programs import SHOW, run


def python_dotenv(file: Path) -> dict[str, str]:
    script = "import dotenv, json, sys; print(json.dumps(dotenv.dotenv_values(sys.argv[1])))"
    return of_json([paths.PYTHON, "-c", script, file])


def node(file: Path) -> dict[str, str]:
    return of_json([paths.node(), f"--env-file={file}", "-p", "JSON.stringify(process.env)"])


def shell(file: Path) -> dict[str, str]:
    python = [str(paths.PYTHON), "-I", "-c", SHOW]
    found = of_json(["/bin/sh", "-c", 'set -a; . "$0"; exec "$@"', file, *python])
    return {name: value.encode("latin-1").decode() for name, value in found.items()}


def json_parser(file: Path) -> dict[str, str]:
    return json.loads(file.read_bytes())


def of_json(command: list) -> dict[str, str]:
    ran = run(command, {})
    assert ran.status == 0, ran.said
    return json.loads(ran.out)


OF_FORMAT = {"dotenv": [python_dotenv, node], "shell": [shell], "json": [json_parser]}
