"""Other tools' references against moto: read at run time, and from the manifest that `vestry import` writes of them."""

import json

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


RUNTIME = """
import json, os, urllib.request
api = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
while True:
    with urllib.request.urlopen(api + "next") as event:
        id = event.headers["Lambda-Runtime-Aws-Request-Id"]
    urllib.request.urlopen(urllib.request.Request(api + id + "/response", json.dumps(dict(os.environ)).encode()))
"""


def in_lambda(env: dict[str, str], tmp) -> dict[str, bytes]:
    """The environment that a function has, started by the extension and its wrapper."""
    command = [paths.VESTRY, "local", "--json", "--", paths.PYTHON, "-I", "-c", RUNTIME]
    ran = run(command, {"VESTRY_RUN_DIR": str(tmp / "run"), "HOME": str(tmp), **env}, cwd=tmp)
    assert ran.status == 0, ran.said
    answer = json.loads(ran.out)["invocations"][0]["answer"]
    return {name: value.encode() for name, value in answer.items()}


@pytest.mark.parametrize("tool", FORMS)
def test_before_a_function_starts(filled, short_tmp, tool):
    environment = in_lambda({**filled.env(), "VESTRY_COMPAT": tool, **variables(filled, tool)}, short_tmp)
    assert {name: environment[name] for name in FORMS[tool]} == {name: value for name, (_, value) in FORMS[tool].items()}
    assert "UNASKED" not in environment


def test_several_tools_are_a_list(filled, short_tmp):
    tools = [tool for tool in FORMS if tool != "aws-env"]
    env = {f"{name}_{n}": value for n, tool in enumerate(tools) for name, value in variables(filled, tool).items()}
    expected = {f"{name}_{n}": value for n, tool in enumerate(tools) for name, (_, value) in FORMS[tool].items()}
    # The name of a placeholder is that of its parameter.
    env["DB_URL"], expected["DB_URL"] = env.pop("DB_URL_0"), expected.pop("DB_URL_0")
    environment = in_lambda({**filled.env(), "VESTRY_COMPAT": ", ".join(tools), **env}, short_tmp)
    assert {name: environment[name] for name in expected} == expected


def test_what_crypteia_left_behind_is_told(filled, short_tmp):
    env = {**filled.env(), "SECRET": "x-crypteia-ssm:/myapp/p", "VESTRY_COMPAT": "crypteia"}
    ran = exec_({**env, "LD_PRELOAD": "/opt/lib/libcrypteia.so"}, short_tmp)
    assert "LD_PRELOAD has crypteia's libcrypteia in it" in ran.err, ran.said
    assert "LD_PRELOAD" not in exec_(env, short_tmp).err


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ("cryptea", "did you mean crypteia?"),
        ("crypteia,ssmenv", "did you mean ssm-env?"),
        ("aws_env", "did you mean aws-env?"),
        ("Crypteia", "did you mean crypteia?"),
        ("vault", "the tools are aws-env, bref, crypteia, secrets-init, ssm-env"),
        ("ecs", "vestry import"),
    ],
)
def test_a_tool_that_is_none_refuses(filled, short_tmp, named, told):
    ran = exec_({**filled.env(), "VESTRY_COMPAT": named}, short_tmp)
    assert ran.status == 3 and "VESTRY_COMPAT" in ran.err and told in ran.err, ran.said


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
