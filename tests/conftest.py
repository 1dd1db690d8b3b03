import os
import shutil
import tempfile
from pathlib import Path

import pytest

from support import paths, rie
from support.stores import Stores

# Settings of this machine that boto3, in this process, would honour.
for name in [n for n in os.environ if n.startswith("AWS_") or n.lower().endswith("_proxy")]:
    del os.environ[name]


@pytest.fixture(scope="session")
def moto():
    server = Stores()
    yield server
    server.stop()


@pytest.fixture
def stores(moto):
    """moto, empty."""
    moto.reset()
    return moto


@pytest.fixture
def short_tmp():
    """A private directory that any user may pass and whose path is short, as the paths of sockets have to be."""
    path = Path(tempfile.mkdtemp(prefix="vt-", dir="/tmp"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


USER_NAMESPACES = rie.user_namespaces_work()


@pytest.fixture(params=["root", "user"])
def as_user(request):
    """Both ways into a mount namespace, each where this machine allows it."""
    if request.param == "root" and os.getuid() != 0:
        pytest.skip("needs root; the other way, through a user namespace, is tested")
    if request.param == "user" and not USER_NAMESPACES:
        pytest.skip("the kernel forbids ordinary users to make user namespaces here")
    return request.param == "user"


@pytest.fixture
def managed(stores, short_tmp, as_user):
    """Makes the sandbox of a function on a managed runtime: `managed(ENV, layers=[...])`.

    With a manifest the package lies where Lambda has it, and the manifest in it.
    """

    def make(env: dict[str, str], layers: list[Path] | None = None, wrapper: bool = True, manifest: str | None = None) -> rie.Sandbox:
        task, var = paths.FUNCTIONS / "managed", None
        if manifest is not None:
            var = short_tmp / "var"
            shutil.copytree(task, var / "task")
            (var / "task/vestry.toml").write_text(manifest)
            task = var / "task"
        runtime = {"LAMBDA_RUNTIME_DIR": str(paths.PYTHON.parent), "PATH": "/usr/bin:/bin", **stores.env()}
        if wrapper:
            runtime["AWS_LAMBDA_EXEC_WRAPPER"] = "/opt/vestry-exec"
        return rie.Sandbox(
            tmp=short_tmp / "tmp",
            layers=layers or [paths.LAYER],
            command=["./bootstrap", "app.handler"],
            task=task,
            env={**runtime, **env},
            as_user=as_user,
            var=var,
        )

    return make


@pytest.fixture
def provided(stores, short_tmp, as_user):
    """Makes the sandbox of a compiled function on an OS-only runtime."""

    def make(env: dict[str, str], handler: str = "authorizer") -> rie.Sandbox:
        return rie.Sandbox(
            tmp=short_tmp / "tmp",
            layers=[paths.LAYER_PROVIDED],
            command=["/opt/bootstrap", handler],
            task=paths.RUST_FUNCTION.parent,
            env={"PATH": "/usr/bin:/bin", **stores.env(), **env},
            as_user=as_user,
        )

    return make
