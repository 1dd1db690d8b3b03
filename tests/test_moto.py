"""Every form of a reference against moto, through `vestry exec`: what a function would see."""

import base64
import json

import pytest

from support.programs import exec_, seen


@pytest.fixture
def resolve(stores, short_tmp):
    """What the command sees of these declarations; of lists and expansions, all that is not in `base`."""
    base = {"PATH", "HOME", "LC_CTYPE", *stores.env()}

    def see(**declarations: str) -> dict[str, bytes]:
        environment = seen(exec_({**stores.env(), **declarations}, short_tmp))
        return {name: value for name, value in environment.items() if name not in base}

    return see


@pytest.fixture
def refuse(stores, short_tmp):
    """What is said of declarations that are refused; the command must not have run."""

    def refused(env: dict[str, str] | None = None, **declarations: str) -> str:
        marker = short_tmp / "ran"
        ran = exec_({**(env or stores.env()), **declarations}, short_tmp, command=["/usr/bin/touch", marker])
        assert ran.status != 0, ran.said
        assert not marker.exists()
        return ran.said

    return refused


# Parameters


def test_parameters_of_each_type(stores, resolve):
    stores.parameter("/prod/plain", "text", kind="String")
    stores.parameter("/prod/list", "a,b,c", kind="StringList")
    stores.parameter("/prod/secure", "s3cret", kind="SecureString")
    stores.parameter("bare", "without a slash")
    assert resolve(A="ssm:/prod/plain", B="ssm:/prod/list", C="ssm:/prod/secure", D="ssm:bare") == {
        "A": b"text",
        "B": b"a,b,c",
        "C": b"s3cret",
        "D": b"without a slash",
    }


def test_versions_and_labels_of_a_parameter(stores, resolve):
    for value in ("one", "two", "three"):
        stores.parameter("/prod/p", value)
    stores.ssm.label_parameter_version(Name="/prod/p", ParameterVersion=2, Labels=["live"])
    assert resolve(V1="ssm:/prod/p:1", V2="ssm:/prod/p:live", V3="ssm:/prod/p", AGAIN="ssm:/prod/p:2") == {
        "V1": b"one",
        "V2": b"two",
        "V3": b"three",
        "AGAIN": b"two",
    }


def test_a_parameter_by_arn(stores, resolve):
    stores.parameter("/prod/p", "value")
    stores.parameter("/prod/p", "newer")
    arn = "arn:aws:ssm:eu-west-1:123456789012:parameter/prod/p"
    assert resolve(A=f"ssm:{arn}", B=f"ssm:{arn}:1") == {"A": b"newer", "B": b"value"}


@pytest.mark.parametrize("count", [1, 9, 10, 11, 50])
def test_batches_of_parameters(stores, resolve, count):
    for n in range(count):
        stores.parameter(f"/prod/batch/{n}", f"value {n}")
    assert resolve(**{f"P{n}": f"ssm:/prod/batch/{n}" for n in range(count)}) == {
        f"P{n}": f"value {n}".encode() for n in range(count)
    }


@pytest.mark.parametrize("count", [1, 10, 11, 35])
def test_trees_of_several_pages(stores, resolve, count):
    for n in range(count):
        stores.parameter(f"/prod/tree/level-{n % 3}/leaf.{n}", f"value {n}")
    stores.parameter("/prod/treehouse/other", "not below it")
    assert resolve(T="ssm:/prod/tree/*") == {f"T_LEVEL_{n % 3}_LEAF_{n}": f"value {n}".encode() for n in range(count)}


def test_a_tree_without_a_name(stores, resolve):
    stores.parameter("/prod/flags/new-ui", "on")
    stores.parameter("/prod/flags/limits/max", "3")
    assert resolve(VESTRY_PARAMETERS="/prod/flags/*") == {"NEW_UI": b"on", "LIMITS_MAX": b"3"}


# Secrets


def test_a_secret_by_name_and_by_arn(stores, resolve):
    arn = stores.secret("prod/db", "s3cret")
    assert resolve(A="secretsmanager:prod/db", B=f"secretsmanager:{arn}") == {"A": b"s3cret", "B": b"s3cret"}


@pytest.mark.parametrize("count", [1, 10, 11, 20, 21, 50])
def test_batches_of_secrets(stores, resolve, count):
    for n in range(count):
        stores.secret(f"prod/batch/{n}", f"value {n}")
    assert resolve(**{f"S{n}": f"secretsmanager:prod/batch/{n}" for n in range(count)}) == {
        f"S{n}": f"value {n}".encode() for n in range(count)
    }


def test_both_stores_at_once(stores, resolve):
    for n in range(11):
        stores.parameter(f"/prod/{n}", f"parameter {n}")
        stores.secret(f"prod/{n}", f"secret {n}")
    parameters = ", ".join(f"P{n}=/prod/{n}" for n in range(11))
    secrets = "\n".join(f"S{n}=prod/{n}" for n in range(11))
    assert resolve(VESTRY_PARAMETERS=parameters, VESTRY_SECRETS=secrets) == {
        **{f"P{n}": f"parameter {n}".encode() for n in range(11)},
        **{f"S{n}": f"secret {n}".encode() for n in range(11)},
    }


def test_versions_and_stages_of_a_secret(stores, resolve):
    arn = stores.secret("prod/rotated", "old")
    first = stores.secrets.describe_secret(SecretId=arn)["VersionIdsToStages"]
    version = next(iter(first))
    stores.secrets.put_secret_value(SecretId=arn, SecretString="new")
    assert resolve(
        NOW="secretsmanager:prod/rotated",
        BEFORE="secretsmanager:prod/rotated?stage=AWSPREVIOUS",
        CURRENT="secretsmanager:prod/rotated?stage=AWSCURRENT",
        FIRST=f"secretsmanager:prod/rotated?version={version}",
    ) == {"NOW": b"new", "BEFORE": b"old", "CURRENT": b"new", "FIRST": b"old"}


def test_the_suffix_of_ecs(stores, resolve):
    arn = stores.secret("prod/ecs", json.dumps({"user": "old"}))
    version = next(iter(stores.secrets.describe_secret(SecretId=arn)["VersionIdsToStages"]))
    stores.secrets.put_secret_value(SecretId=arn, SecretString=json.dumps({"user": "new"}))
    assert resolve(
        KEY=f"secretsmanager:{arn}:user::",
        STAGE=f"secretsmanager:{arn}:user:AWSPREVIOUS:",
        VERSION=f"secretsmanager:{arn}:user::{version}",
        WHOLE=f"secretsmanager:{arn}::AWSPREVIOUS:",
    ) == {"KEY": b"new", "STAGE": b"old", "VERSION": b"old", "WHOLE": b'{"user": "old"}'}


def test_binary_secrets(stores, resolve):
    value = bytes(range(1, 256))
    stores.secret("prod/binary", value)
    stores.secret("prod/binary-json", b'{"key": "from bytes"}')
    assert resolve(A="secretsmanager:prod/binary", B="secretsmanager:prod/binary-json#key") == {
        "A": value,
        "B": b"from bytes",
    }


def test_lists_derive_names(stores, resolve):
    stores.parameter("/prod/db/pass-word", "p")
    stores.secret("prod/stripe.key", '{"key": "k"}')
    stores.secret("prod/other", '{"a": "b"}')
    assert resolve(
        VESTRY_PARAMETERS="/prod/db/pass-word", VESTRY_SECRETS="prod/other, STRIPE=prod/stripe.key#key"
    ) == {"PASS_WORD": b"p", "OTHER": b'{"a": "b"}', "STRIPE": b"k"}


# Parts of a value

TYPES = {
    "text": "as it is",
    "empty": "",
    "number": 42,
    "big": 12345678901234567890123,
    "float": 1.50,
    "yes": True,
    "nothing": None,
    "object": {"b": [1, 2], "a": "ü"},
    "array": ["x", {"y": "z"}],
    "with/slash": "slashed",
    "with~tilde": "tilded",
    "with space": "spaced",
}


def test_json_values_of_every_type(stores, resolve):
    # A number's text is what arrives, with its last nought.
    stores.secret("prod/json", json.dumps(TYPES, ensure_ascii=False).replace("1.5,", "1.50,"))
    ref = "secretsmanager:prod/json"
    assert resolve(
        TEXT=f"{ref}#text",
        EMPTY=f"{ref}#empty",
        NUMBER=f"{ref}#number",
        BIG=f"{ref}#big",
        FLOAT=f"{ref}#float",
        YES=f"{ref}#yes",
        OBJECT=f"{ref}#object",
        ARRAY=f"{ref}#array",
        FIRST=f"{ref}#/array/0",
        DEEP=f"{ref}#/array/1/y",
        IN=f"{ref}#/object/b/1",
        SLASH=f"{ref}#/with~1slash",
        TILDE=f"{ref}#/with~0tilde",
        NOTHING=f"{ref}#nothing?optional",
        INSTEAD=f"{ref}#nothing?default=instead",
    ) == {
        "TEXT": b"as it is",
        "EMPTY": b"",
        "NUMBER": b"42",
        "BIG": b"12345678901234567890123",
        "FLOAT": b"1.50",
        "YES": b"true",
        "OBJECT": '{"b":[1,2],"a":"ü"}'.encode(),
        "ARRAY": b'["x",{"y":"z"}]',
        "FIRST": b"x",
        "DEEP": b"z",
        "IN": b"2",
        "SLASH": b"slashed",
        "TILDE": b"tilded",
        "INSTEAD": b"instead",
    }


def test_every_key_as_a_variable(stores, resolve):
    stores.secret("prod/db", '{"user": "u", "pass-word": "p", "port": 5432, "gone": null, "tls": {"on": true}}')
    assert resolve(DB="secretsmanager:prod/db#*") == {
        "DB_USER": b"u",
        "DB_PASS_WORD": b"p",
        "DB_PORT": b"5432",
        "DB_TLS": b'{"on":true}',
    }
    assert resolve(VESTRY_SECRETS="prod/db#*") == {
        "USER": b"u",
        "PASS_WORD": b"p",
        "PORT": b"5432",
        "TLS": b'{"on":true}',
    }


def test_keys_of_a_parameter(stores, resolve):
    stores.parameter("/prod/json", '{"a": {"b": "c"}}')
    assert resolve(A="ssm:/prod/json#a", B="ssm:/prod/json#/a/b", C="ssm:/prod/json:1#/a/b") == {
        "A": b'{"b":"c"}',
        "B": b"c",
        "C": b"c",
    }


def test_options(stores, resolve):
    stores.parameter("/prod/encoded", base64.b64encode("bytes \u00fc".encode()).decode())
    assert resolve(
        DECODED="ssm:/prod/encoded?decode=base64",
        LEFT_OUT="ssm:/prod/missing?optional",
        INSTEAD="ssm:/prod/missing?default=a%26b%20c%2Cd",
        NO_SECRET="secretsmanager:prod/missing?optional",
        NO_KEY="ssm:/prod/encoded:9?default=no such version",
        EMPTY="secretsmanager:prod/missing?default=",
    ) == {
        "DECODED": "bytes ü".encode(),
        "INSTEAD": b"a&b c,d",
        "NO_KEY": b"no such version",
        "EMPTY": b"",
    }


def test_what_is_no_reference_is_left_alone(stores, resolve):
    arn = stores.secret("prod/db", "s3cret")
    assert resolve(ARN=arn, URL="https://example.com/ssm:/x", EMPTY="") == {
        "ARN": arn.encode(),
        "URL": b"https://example.com/ssm:/x",
        "EMPTY": b"",
    }


def test_values_arrive_byte_for_byte(stores, resolve):
    values = {"QUOTES": "'\"`", "DOLLAR": "$HOME ${HOME} $(id)", "LINES": "a\nb\r\nc\t", "BACK": "a\\nb\\", "WIDE": "🔑ü€"}
    for name, value in values.items():
        stores.secret(f"prod/{name}", value)
    found = resolve(**{name: f"secretsmanager:prod/{name}" for name in values})
    assert found == {name: value.encode() for name, value in values.items()}


# What is refused


def test_everything_missing_is_named_at_once(stores, refuse):
    stores.parameter("/prod/there", "v")
    stores.secret("prod/there", '{"a": 1}')
    said = refuse(
        P="ssm:/prod/missing",
        V="ssm:/prod/there:7",
        L="ssm:/prod/there:nolabel",
        S="secretsmanager:prod/missing",
        T="secretsmanager:prod/there?stage=NOSTAGE",
        K="secretsmanager:prod/there#b",
        J="secretsmanager:prod/there#/a/b",
        E="ssm:/prod/empty/*",
        OK="ssm:/prod/there",
    )
    assert "Vestry.NotFound" in said
    for name in ["P (", "V (", "L (", "S (", "T (", "K (", "J (", "E ("]:
        assert name in said, said
    assert "OK (" not in said


def test_a_secret_scheduled_for_deletion(stores, refuse):
    stores.secret("prod/old", "s3cret")
    stores.secrets.delete_secret(SecretId="prod/old", RecoveryWindowInDays=7)
    said = refuse(OLD="secretsmanager:prod/old")
    assert "OLD (secretsmanager:prod/old)" in said and "deletion" in said


def test_what_is_not_json_or_has_no_such_key(stores, refuse):
    stores.secret("prod/text", "no json at all")
    stores.secret("prod/list", "[1, 2]")
    said = refuse(A="secretsmanager:prod/text#key", B="secretsmanager:prod/list#*")
    assert "A (" in said and "B (" in said and "JSON" in said


def test_two_sources_of_one_name(stores, refuse):
    stores.parameter("/prod/tree/a", "1")
    stores.parameter("/prod/tree/A", "2")
    said = refuse(T="ssm:/prod/tree/*")
    assert "T_A" in said
    said = refuse(T="ssm:/prod/tree/*", T_A="plain")
    assert "T_A" in said


def test_a_tree_may_not_set_what_steers_the_runtime(stores, refuse):
    stores.parameter("/prod/tree/path", "/evil")
    stores.parameter("/prod/tree/ld-preload", "/evil.so")
    said = refuse(VESTRY_PARAMETERS="/prod/tree/*")
    assert "PATH" in said and "LD_PRELOAD" in said
    assert "/evil" not in said


def test_a_nul_byte_is_an_error(stores, refuse):
    stores.secret("prod/nul", b"a\0b")
    said = refuse(A="secretsmanager:prod/nul")
    assert "Vestry.Undeliverable" in said and "A" in said


# What IAM denies, enforced by moto, which also checks our signatures


def test_a_signature_that_iam_accepts(stores, short_tmp):
    stores.parameter("/prod/p", "value")
    stores.secret("prod/s", "secret")
    with stores.only_allowing("ssm:GetParameters", "secretsmanager:*") as env:
        found = seen(exec_({**env, "P": "ssm:/prod/p", "S": "secretsmanager:prod/s"}, short_tmp))
    assert (found["P"], found["S"]) == (b"value", b"secret")


def test_a_denied_store_is_told_with_what_to_allow(stores, refuse):
    stores.parameter("/prod/p", "value")
    stores.secret("prod/s", "secret")
    with stores.only_allowing("secretsmanager:*") as env:
        said = refuse(env, P="ssm:/prod/p", T="ssm:/prod/*", S="secretsmanager:prod/s")
    assert "Vestry.AccessDenied" in said
    assert "ssm:GetParameters" in said and "ssm:GetParametersByPath" in said
    assert "arn:aws:ssm:eu-west-1:" in said and ":parameter/prod/p" in said
    assert "S (" not in said


def test_a_denied_batch_falls_back_to_single_calls(stores, short_tmp):
    for n in range(3):
        stores.secret(f"prod/{n}", f"secret {n}")
    with stores.only_allowing("secretsmanager:GetSecretValue") as env:
        ran = exec_({**env, **{f"S{n}": f"secretsmanager:prod/{n}" for n in range(3)}}, short_tmp)
    found = seen(ran)
    assert {n: found[f"S{n}"] for n in range(3)} == {n: f"secret {n}".encode() for n in range(3)}
    [warning] = [line for line in ran.err.splitlines() if '"warning"' in line]
    assert "allow secretsmanager:BatchGetSecretValue" in warning


def test_wrong_credentials_are_refused(stores, refuse):
    stores.parameter("/prod/p", "value")
    with stores.only_allowing("ssm:*") as env:
        said = refuse({**env, "AWS_SECRET_ACCESS_KEY": "wrong"}, P="ssm:/prod/p")
    assert "P (ssm:/prod/p)" in said
