"""The library's rule of approved KMS keys, with the real extension against moto: what it denies, and what it costs."""

import json
import shutil

import pytest

from support import paths
from support.permissions import EVERYTHING, Enforced, allowing
from support.programs import Ran, run
from support.stores import ACCOUNT, REGION

KEY = "1234abcd-12ab-34cd-56ef-1234567890ab"
ARN = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{KEY}"
DESCRIBING = {"DescribeParameters", "DescribeSecret"}
# A runtime that is asked once.
RUNTIME = """
import os, urllib.request
api = os.environ["AWS_LAMBDA_RUNTIME_API"]
while True:
    with urllib.request.urlopen(f"http://{api}/2018-06-01/runtime/invocation/next") as event:
        id = event.headers["Lambda-Runtime-Aws-Request-Id"]
    url = f"http://{api}/2018-06-01/runtime/invocation/{id}/response"
    urllib.request.urlopen(urllib.request.Request(url, b'"served"'))
"""


@pytest.fixture
def library(tmp_path):
    """The library with these keys approved."""

    def approving(*keys: str):
        shutil.copytree(paths.ROOT / "policy", tmp_path / "policy", dirs_exist_ok=True)
        data = tmp_path / "policy/data.yaml"
        shipped = (paths.ROOT / "policy/data.yaml").read_text()
        none = "approved_kms_keys:\n      approved: []"
        assert shipped.count(none) == 1
        data.write_text(shipped.replace(none, none.replace("[]", json.dumps(list(keys)))))
        return tmp_path / "policy"

    return approving


@pytest.fixture
def start(stores, short_tmp):
    """Starts the function under `vestry local`; what it said, and the calls that were made."""

    def started(policy, document: dict = EVERYTHING, **declared: str) -> tuple[Ran, list[str]]:
        with Enforced(stores, document) as enforced:
            env = {
                "HOME": str(short_tmp),
                "VESTRY_RUN_DIR": str(short_tmp / "run"),
                "AWS_LAMBDA_FUNCTION_NAME": "orders-prod",
                **enforced.env(),
                **declared,
            }
            command = [paths.VESTRY, "local", "--json", "--policy", policy, "--", paths.PYTHON, "-I", "-c", RUNTIME]
            return run(command, env, cwd=short_tmp), enforced.calls

    return started


@pytest.fixture
def filled(stores) -> dict[str, str]:
    """Values under a key of our own, told as an alias, an id and an ARN, and a plain one."""
    stores.parameter("/prod/shop/password", "one", KeyId="alias/prod")
    stores.parameter("/prod/shop/config/currency", "EUR", kind="String")
    stores.parameter("/prod/tree/one/a", "two", KeyId=KEY)
    stores.parameter("/prod/tree/one/b", "three", KeyId=ARN)
    stores.secret("prod/stripe", '{"a": "four", "b": "five"}', KmsKeyId=ARN)
    return {
        "PASSWORD": "ssm:/prod/shop/password",
        "CURRENCY": "ssm:/prod/shop/config/currency",
        "VESTRY_PARAMETERS": "T=/prod/tree/one/*",
        "A": "secretsmanager:prod/stripe#a",
        "B": "secretsmanager:prod/stripe#b",
    }


def test_values_under_approved_keys_start_with_two_calls_more(start, library, filled):
    ran, calls = start(library("alias/prod", ARN), **filled)
    assert ran.status == 0 and "served" in ran.out, ran.said
    describing = sorted(call for call in calls if call in DESCRIBING)
    assert describing == ["DescribeParameters", "DescribeSecret"], "all parameters at once, a secret once"


def test_a_value_under_another_key_is_denied(stores, start, library, filled):
    stores.parameter("/prod/shop/other", "six")
    stores.secret("prod/other", "seven")
    more = {"OTHER": "ssm:/prod/shop/other", "SECRET": "secretsmanager:prod/other"}
    ran, _ = start(library("alias/prod", ARN), **filled, **more)
    assert ran.status == 3 and "Vestry.PolicyDenied" in ran.said, ran.said
    for name, key in {"/prod/shop/other": "alias/aws/ssm", "prod/other": "alias/aws/secretsmanager"}.items():
        assert f"{name} is under the KMS key {key}, which is not approved" in ran.said
    assert "/prod/shop/password is under" not in ran.said
    # What is approved of those that AWS manages is approved by name.
    ran, _ = start(library("alias/prod", ARN, "alias/aws/*"), **filled, **more)
    assert ran.status == 0, ran.said


def test_an_older_version_may_be_under_another_key(stores, start, library):
    stores.parameter("/prod/shop/moved", "old", KeyId="alias/before")
    stores.parameter("/prod/shop/moved", "new", KeyId="alias/prod")
    policy = library("alias/prod")
    assert start(policy, MOVED="ssm:/prod/shop/moved")[0].status == 0
    ran, _ = start(policy, MOVED="ssm:/prod/shop/moved:1")
    assert ran.status == 3 and "/prod/shop/moved is under a KMS key that is not known" in ran.said, ran.said


@pytest.mark.parametrize(
    ("action", "variables"),
    [("ssm:DescribeParameters", ["PASSWORD", "VESTRY_PARAMETERS"]), ("secretsmanager:DescribeSecret", ["A", "B"])],
)
def test_where_the_key_may_not_be_asked_for_nothing_starts(start, library, filled, action, variables):
    others = {"ssm:DescribeParameters", "secretsmanager:DescribeSecret"} - {action}
    document = allowing("ssm:GetParameter*", "secretsmanager:*GetSecretValue", "kms:Decrypt", *others)
    policy = library("**")
    ran, calls = start(policy, document, **{name: filled[name] for name in variables})
    assert ran.status == 3 and "Vestry.AccessDenied" in ran.said, ran.said
    assert f"{variables[0]} ({filled[variables[0]]}): its KMS key is not told: denied (AccessDeniedException" in ran.said
    assert f"allow {action} on " in ran.said
    assert f"because {policy}/stores/approved_kms_keys.rego reads kms_key_id" in ran.said
    assert len(DESCRIBING & set(calls)) == 1 and "served" not in ran.out


def test_as_it_is_shipped_the_library_asks_for_no_key(start, filled):
    """Nor does it need the permission to."""
    document = allowing("ssm:GetParameter*", "secretsmanager:*GetSecretValue", "kms:Decrypt")
    ran, calls = start(paths.ROOT / "policy", document, **filled)
    assert ran.status == 0 and "served" in ran.out, ran.said
    assert calls and not DESCRIBING & set(calls)


OWN = """package vestry.resolve.own

deny contains msg if {
	some reference in input.references
	%s
	msg := sprintf("%%s is under %%v", [reference.variable, %s])
}
"""


@pytest.mark.parametrize(
    ("condition", "shown", "asks"),
    [
        ('reference.kms_key_id != "alias/prod"', "reference.kms_key_id", True),
        ('object.get(reference, "kms_key_id", null) != "alias/prod"', 'reference["kms_key_id"]', True),
        ('reference.type != "SecureString"', "reference.type", False),
    ],
)
def test_a_rule_of_ones_own(stores, start, tmp_path, condition, shown, asks):
    stores.parameter("/prod/a", "one", KeyId="alias/prod")
    stores.parameter("/prod/b", "two", KeyId="alias/other")
    (tmp_path / "own").mkdir()
    (tmp_path / "own/own.rego").write_text(OWN % (condition, shown))
    ran, calls = start(tmp_path / "own", A="ssm:/prod/a", B="ssm:/prod/b")
    assert bool(DESCRIBING & set(calls)) == asks
    assert ran.status == (3 if asks else 0) and ("B is under alias/other" in ran.said) == asks, ran.said
    assert "A is under" not in ran.said


def test_check_asks_as_init_does(stores, library, filled):
    stores.parameter("/prod/shop/other", "six")
    env = {**filled, "OTHER": "ssm:/prod/shop/other", "AWS_LAMBDA_FUNCTION_NAME": "orders-prod"}

    def check(policy, document: dict = EVERYTHING):
        with Enforced(stores, document) as enforced:
            done = run([paths.VESTRY, "check", "--json", "--policy", policy], {**enforced.env(), **env})
            return done, DESCRIBING & set(enforced.calls)

    policy = library("alias/prod", ARN)
    done, asked = check(policy)
    assert done.status == 4 and asked == DESCRIBING, done.said
    assert "/prod/shop/other is under the KMS key alias/aws/ssm, which is not approved" in done.out
    denied, _ = check(policy, allowing("ssm:GetParameter*", "secretsmanager:*", "kms:Decrypt"))
    assert denied.status == 6 and "allow ssm:DescribeParameters on *" in denied.out, denied.said
    done, asked = check(paths.ROOT / "policy")
    assert done.status == 0 and asked == set(), done.said


def test_the_input_has_the_keys_where_they_are_wanted(stores, filled):
    def document(*arguments: str) -> list[dict]:
        command = [paths.VESTRY, "policy", "input", "--stage", "resolve", *arguments]
        done = run(command, {**stores.env(), **filled})
        assert done.status == 0, done.said
        return json.loads(done.out)["references"]

    keys = {reference["variable"]: reference["kms_key_id"] for reference in document("--kms-key-ids")}
    assert keys == {"PASSWORD": "alias/prod", "CURRENCY": None, "T_A": KEY, "T_B": ARN, "A": ARN, "B": ARN}
    assert all("kms_key_id" not in reference for reference in document())
    at_declare = run([paths.VESTRY, "policy", "input", "--kms-key-ids"], filled)
    assert at_declare.status == 2 and "give --stage resolve" in at_declare.err


def test_a_store_file_says_the_keys(filled, short_tmp, library):
    (short_tmp / "store.toml").write_text(f"""
[parameters."/prod/shop/password"]
value = "one"
kms_key_id = "alias/prod"

[parameters."/prod/shop/config/currency"]
value = "EUR"
type = "String"

[parameters."/prod/tree/one/a"]
value = "two"
kms_key_id = "{KEY}"

[secrets."prod/stripe"]
value = {{ a = "four", b = "five" }}
""")
    command = [paths.VESTRY, "local", "--json", "--store", "store.toml", "--policy", library("alias/prod", ARN)]
    env = {"HOME": str(short_tmp), "AWS_LAMBDA_FUNCTION_NAME": "orders-prod", **filled}
    ran = run([*command, "--", paths.PYTHON, "-I", "-c", RUNTIME], env, cwd=short_tmp)
    assert ran.status == 3, ran.said
    assert "prod/stripe is under the KMS key alias/aws/secretsmanager, which is not approved" in ran.said
    assert "/prod/tree/one/a is" not in ran.said and "/prod/shop/password is" not in ran.said
