"""Other tools' references against moto: read at run time, and from the manifest that `vestry import` writes of them."""

import pytest

from support import paths
from support.programs import exec_, run, seen

SECRET_ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:"
PARAMETER_ARN = "arn:aws:ssm:eu-west-1:123456789012:parameter"

FORMS = {
    "crypteia": {
        "SECRET": ("x-crypteia-ssm:/myapp/p", b"new"),
        "PINNED": ("x-crypteia-ssm:/myapp/p:1", b"old"),
        "X_CRYPTEIA_SSM": ("x-crypteia-ssm-path:/myapp/envs", b"x-crypteia-ssm-path:/myapp/envs"),
        "DB_URL": ("x-crypteia", b"mysql2://u:p@host"),
    },
    "ssm-env": {
        "FLAT": ("ssm://prod.app.cookie", b"cookie"),
        "PATH_": ("ssm:///myapp/p", b"new"),
        "PINNED": ("ssm:///myapp/p:1", b"old"),
    },
    "aws-env": {"PARAMETER": ("ssm:///myapp/p", b"new"), "SECRET": ("sm://prod/db", b'{"user":"u"}')},
    "secrets-init": {
        "PARAMETER": (f"{PARAMETER_ARN}/myapp/p", b"new"),
        "PINNED": (f"{PARAMETER_ARN}/myapp/p:1", b"old"),
        "SECRET": ("the ARN of prod/db", b'{"user":"u"}'),
    },
    "bref": {"PARAMETER": ("bref-ssm:/myapp/p", b"new"), "SECRET": ("bref-secretsmanager:prod/db", b'{"user":"u"}')},
}


@pytest.fixture
def filled(stores):
    stores.parameter("/myapp/p", "old")
    stores.parameter("/myapp/p", "new")
    stores.parameter("/myapp/envs/DB_URL", "mysql2://u:p@host")
    stores.parameter("/myapp/envs/UNASKED", "not asked for")
    stores.parameter("prod.app.cookie", "cookie")
    stores.arn = stores.secret("prod/db", '{"user":"u"}')
    return stores


def variables(stores, tool: str) -> dict[str, str]:
    forms = FORMS[tool].items()
    return {name: value.replace("the ARN of prod/db", stores.arn) for name, (value, _) in forms}


@pytest.mark.parametrize("tool", FORMS)
def test_at_run_time(filled, short_tmp, tool):
    env = {**filled.env(), "VESTRY_COMPAT": tool, **variables(filled, tool)}
    environment = seen(exec_(env, short_tmp))
    assert {name: environment[name] for name in FORMS[tool]} == {name: value for name, (_, value) in FORMS[tool].items()}
    assert "UNASKED" not in environment


@pytest.mark.parametrize("tool", FORMS)
def test_imported(filled, short_tmp, tool):
    dotenv = short_tmp / ".env"
    dotenv.write_text("".join(f"{name}={value}\n" for name, value in variables(filled, tool).items()))
    manifest = short_tmp / "vestry.toml"
    imported = run([paths.VESTRY, "import", "--from", tool, "--env-file", dotenv, "-o", manifest], {})
    assert imported.status == 0, imported.said
    environment = seen(exec_({**filled.env(), "VESTRY_MANIFEST": str(manifest)}, short_tmp))
    values = {name: value for name, (_, value) in FORMS[tool].items() if name != "X_CRYPTEIA_SSM"}
    assert {name: environment[name] for name in values} == values
