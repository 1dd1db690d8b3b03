"""The same at home: with one manifest, profile and policy, `vestry exec`, `vestry local` and Lambda say and do the same."""

import json
import re

import pytest

from support import paths
from support.programs import Ran, run

MANIFEST = """
[variables]
A = "ssm:/base/a"
URL = "pg://${user}:${A | urlencode}@h"
KEY = { ref = "ssm:/base/key", as = "file", mode = "0400" }

[references]
user = "ssm:/base/user"

[[trees]]
path = "ssm:/flags"
prefix = "FLAG_"

[profile.prod.variables]
A = "secretsmanager:prod/a#k"

[profile.other.variables]
B = { ref = "ssm:/base/a", region = "us-east-1" }
"""

POLICY = """
package vestry.declare.home

deny contains {"msg": msg, "variable": ref.variable} if {
	some ref in input.references
	ref.region == "us-east-1"
	msg := sprintf("%s is out of the way", [ref.variable])
}
"""

NAMES = ["A", "URL", "FLAG_X_Y", "KEY", "SHORT", "user", "B"]

# Both as a command and as a runtime that is asked once: what it sees.
SEES = """
import json, os, urllib.request
seen = {name: os.environ.get(name) for name in %r}
if seen["KEY"]:
    seen["KEY"] = [open(seen["KEY"]).read(), os.stat(seen["KEY"]).st_mode & 0o7777]
api = os.environ.get("AWS_LAMBDA_RUNTIME_API")
if api is None:
    print(json.dumps(seen))
while api:
    with urllib.request.urlopen(f"http://{api}/2018-06-01/runtime/invocation/next") as event:
        id = event.headers["Lambda-Runtime-Aws-Request-Id"]
    url = f"http://{api}/2018-06-01/runtime/invocation/{id}/response"
    urllib.request.urlopen(urllib.request.Request(url, json.dumps(seen).encode()))
""" % (NAMES,)


@pytest.fixture
def home(stores, short_tmp):
    """Runs `vestry exec` and `vestry local` with the same arguments in the same package."""
    for name, value in {"/base/a": "a@", "/base/user": "ada", "/base/key": "key", "/flags/x/y": "on"}.items():
        stores.parameter(name, value)
    stores.secret("prod/a", json.dumps({"k": "p ss"}))
    (short_tmp / "vestry.toml").write_text(MANIFEST)
    (short_tmp / "policy").mkdir()
    (short_tmp / "policy/home.rego").write_text(POLICY)

    def both(*arguments: str, **more: str) -> tuple[Ran, Ran]:
        env = {"HOME": str(short_tmp), "SHORT": "ssm:/base/a", "VESTRY_RUN_DIR": str(short_tmp / "run"), **stores.env()}
        command = [paths.PYTHON, "-I", "-c", SEES]
        ran = [
            run([paths.VESTRY, *how, *arguments, "--", *command], {**env, **more}, cwd=short_tmp)
            for how in (["exec"], ["local", "--json"])
        ]
        return ran[0], ran[1]

    return both


def init(ran: Ran) -> dict:
    """The INIT line: of exec on standard error, of local in the extension's log."""
    for text in [ran.err, *(lines_of(json.loads(ran.out)) if ran.out.startswith("{\n") else [])]:
        for line in text.splitlines():
            if line.startswith("{") and json.loads(line).get("event") == "init":
                return json.loads(line)
    raise AssertionError(f"no INIT line in\n{ran.said}")


def lines_of(document) -> list[str]:
    """Every text of a document."""
    if isinstance(document, dict):
        if document.get("event") == "init":
            return [json.dumps(document)]
        document = list(document.values())
    if isinstance(document, list):
        return [text for item in document for text in lines_of(item)]
    return [document] if isinstance(document, str) else []


@pytest.mark.parametrize("how", ["flags", "variables"])
@pytest.mark.parametrize(("profile", "a"), [("", "a@"), ("prod", "p ss")])
def test_a_function_sees_the_same(home, how, profile, a):
    if how == "flags":
        arguments = ["--manifest", "vestry.toml", "--policy", "policy", *(["--profile", profile] if profile else [])]
        exec_, local = home(*arguments)
    else:
        exec_, local = home(VESTRY_PROFILE=profile, VESTRY_POLICY="policy", VESTRY_MANIFEST="vestry.toml")
    assert exec_.status == local.status == 0, exec_.said + local.said
    expected = {
        "A": a,
        "URL": f"pg://ada:{a.replace('@', '%40').replace(' ', '%20')}@h",
        "FLAG_X_Y": "on",
        "KEY": ["key", 0o400],
        "SHORT": "a@",
        "user": None,
        "B": None,
    }
    assert json.loads(exec_.out) == expected
    answer = json.loads(local.out)["invocations"][0]["answer"]
    assert answer.get("response", answer) == expected
    one, other = init(exec_), init(local)
    for key in ["outcome", "declared", "variables", "calls"]:
        assert one[key] == other[key], key


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"VESTRY_PROFILE": "other", "VESTRY_POLICY": "policy"}, "B is out of the way"),
        ({"VESTRY_PROFILE": "prd"}, "did you mean prod?"),
        ({"VESTRY_MANIFEST": "none.toml"}, "none.toml is not there"),
        ({"A": "plain"}, "two sources set it"),
    ],
)
def test_what_is_refused_is_refused_alike(home, more, told):
    exec_, local = home(**more)
    assert exec_.status == local.status == 3, exec_.said + local.said
    one, other = init(exec_), init(local)
    assert one["error_type"] == other["error_type"]
    problems = [[re.sub(r"\s+", " ", json.dumps(p, sort_keys=True)) for p in line["problems"]] for line in (one, other)]
    assert problems[0] == problems[1]
    assert told in "".join(problems[0])


def test_two_manifests_refuse_both(home, short_tmp):
    (short_tmp / "vestry.json").write_text("{}")
    for ran in home():
        assert ran.status == 3 and "there are two manifests" in ran.err, ran.said
    for ran in home("--manifest", "vestry.toml"):
        assert ran.status == 0, ran.said


def test_a_manifest_that_is_not_there_is_a_slip_of_the_command_line(home):
    for ran in home("--manifest", "none.toml"):
        assert ran.status == 2 and "cannot read none.toml" in ran.err, ran.said
