"""Our emulator against what it stands for: its stores against moto, its Lambda against aws-lambda-rie.

Where they differ and ours is the one that is like AWS, the difference is written down here, with the reason.
"""

import json
import shutil
import subprocess

import pytest
from botocore.exceptions import ClientError

from support import paths, rie
from support.programs import run
from support.stores import client

# The stores

STORE = """
region = "eu-west-1"
account = "123456789012"

[parameters]
"/prod/secure" = "s3cret"

[parameters."/prod/plain"]
value = "text"
type = "String"

[parameters."/prod/list"]
value = "a,b"
type = "StringList"

[parameters."/prod/keyed"]
value = "s3cret"
kms_key_id = "alias/prod"

[parameters."/prod/versions"]
value = "three"
version = 3
older = [{ version = 1, value = "one" }, { version = 2, value = "two", labels = ["live"] }]

%s

[secrets]
"prod/text" = "s3cret"
"prod/json" = '{"key": "k"}'

[secrets."prod/binary"]
binary = "AAEC/w=="

[secrets."prod/keyed"]
value = "s3cret"
kms_key_id = "alias/prod"

[secrets."prod/rotated"]
value = "new"
previous = "old"

[secrets."prod/deleted"]
value = "gone"
deleted = true
"""
TREE = {f"/prod/tree/{n % 2}/{n:02}": f"leaf {n}" for n in range(12)}


@pytest.fixture(scope="module")
def emulated(tmp_path_factory):
    """The endpoint of `vestry emulate`."""
    file = tmp_path_factory.mktemp("emulate") / "store.toml"
    file.write_text(STORE % "\n".join(f'[parameters."{name}"]\nvalue = "{value}"' for name, value in TREE.items()))
    command = [paths.VESTRY, "emulate", "--store", file, "--port", "0"]
    process = subprocess.Popen(command, env={}, stdout=subprocess.PIPE, text=True)
    yield process.stdout.readline().strip()
    process.terminate()
    assert process.wait(10) == 0


@pytest.fixture
def both(stores, emulated):
    """Calls the same on moto, filled with the same, and on ours."""
    stores.parameter("/prod/secure", "s3cret")
    stores.parameter("/prod/plain", "text", kind="String")
    stores.parameter("/prod/list", "a,b", kind="StringList")
    stores.parameter("/prod/keyed", "s3cret", KeyId="alias/prod")
    for value in ("one", "two", "three"):
        stores.parameter("/prod/versions", value)
    stores.ssm.label_parameter_version(Name="/prod/versions", ParameterVersion=2, Labels=["live"])
    for name, value in TREE.items():
        stores.parameter(name, value)
    stores.secret("prod/text", "s3cret")
    stores.secret("prod/json", '{"key": "k"}')
    stores.secret("prod/binary", b"\x00\x01\x02\xff")
    stores.secret("prod/keyed", "s3cret", KmsKeyId="alias/prod")
    rotated = stores.secret("prod/rotated", "old")
    stores.secrets.put_secret_value(SecretId=rotated, SecretString="new")
    stores.secret("prod/deleted", "gone")
    stores.secrets.delete_secret(SecretId="prod/deleted")

    def call(service: str, operation: str, **arguments):
        return [answer(client(service, url), operation, arguments) for url in (stores.url, emulated)]

    return call


def answer(api, operation: str, arguments: dict) -> dict:
    try:
        found = getattr(api, operation)(**arguments)
    except ClientError as error:
        # moto's status is 404 for some; AWS's, and ours, is 400 for all of these.
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] in (400, 404)
        return {"code": error.response["Error"]["Code"]}
    found["status"] = found.pop("ResponseMetadata")["HTTPStatusCode"]
    return shape(found)


# What is different in each world, and so compared by its type alone.
OF_ITS_OWN = {"ARN", "VersionId", "CreatedDate", "LastModifiedDate", "LastChangedDate", "DeletedDate", "NextToken", "Message"}


def shape(value, key: str = ""):
    if isinstance(value, dict):
        # moto leaves the selector out; AWS does not, and neither do we.
        return {k: shape(v, k) for k, v in value.items() if k != "Selector"}
    if isinstance(value, list):
        return sorted((shape(v) for v in value), key=lambda v: json.dumps(v, default=str, sort_keys=True))
    return type(value).__name__ if key in OF_ITS_OWN else value


def names(*wanted: str, decrypted: bool = True) -> dict:
    return {"Names": list(wanted), "WithDecryption": decrypted}


SAME = {
    "parameters of each type": ("ssm", "get_parameters", names("/prod/secure", "/prod/plain", "/prod/list")),
    "unknown parameters": ("ssm", "get_parameters", names("/prod/plain", "/prod/none", "none")),
    "by version and by label": ("ssm", "get_parameters", names("/prod/versions:1", "/prod/versions:live")),
    "an unknown version": ("ssm", "get_parameters", names("/prod/versions:9")),
    "by ARN": ("ssm", "get_parameters", names("arn:aws:ssm:eu-west-1:123456789012:parameter/prod/plain")),
    "eleven names": ("ssm", "get_parameters", names(*(f"/p/{n}" for n in range(11)))),
    "a whole tree": ("ssm", "get_parameters_by_path", {"Path": "/prod/tree/0", "Recursive": True, "WithDecryption": True}),
    "a flat tree": ("ssm", "get_parameters_by_path", {"Path": "/prod/tree", "WithDecryption": True}),
    "an empty tree": ("ssm", "get_parameters_by_path", {"Path": "/none", "Recursive": True}),
    "a page of eleven": ("ssm", "get_parameters_by_path", {"Path": "/prod", "MaxResults": 11}),
    "a secret": ("secretsmanager", "get_secret_value", {"SecretId": "prod/text"}),
    "a binary secret": ("secretsmanager", "get_secret_value", {"SecretId": "prod/binary"}),
    "a secret's stage": ("secretsmanager", "get_secret_value", {"SecretId": "prod/rotated", "VersionStage": "AWSPREVIOUS"}),
    "no such stage": ("secretsmanager", "get_secret_value", {"SecretId": "prod/text", "VersionStage": "NONE"}),
    "no such secret": ("secretsmanager", "get_secret_value", {"SecretId": "prod/none"}),
    "a deleted secret": ("secretsmanager", "get_secret_value", {"SecretId": "prod/deleted"}),
    "a batch": ("secretsmanager", "batch_get_secret_value", {"SecretIdList": ["prod/text", "prod/json", "prod/binary"]}),
    "a batch with errors": (
        "secretsmanager",
        "batch_get_secret_value",
        {"SecretIdList": ["prod/text", "prod/none", "prod/deleted"]},
    ),
}


@pytest.mark.parametrize("case", SAME)
def test_the_stores_answer_as_moto_does(both, case):
    service, operation, arguments = SAME[case]
    of_moto, of_ours = both(service, operation, **arguments)
    assert of_ours == of_moto


def test_every_page_of_a_tree(both, stores, emulated):
    found = []
    for url in (stores.url, emulated):
        pages = client("ssm", url).get_paginator("get_parameters_by_path").paginate(
            Path="/prod", Recursive=True, WithDecryption=True, PaginationConfig={"PageSize": 3}
        )
        found.append({p["Name"]: p["Value"] for page in pages for p in page["Parameters"]})
    assert found[0] == found[1] and len(found[0]) == 5 + len(TREE)


# What AWS tells and moto leaves out, and what moto adds.
TOLD_BY_AWS = {"ARN", "LastModifiedUser", "Policies"}


def described(*wanted: str, option: str = "Equals", **more) -> dict:
    return {"ParameterFilters": [{"Key": "Name", "Option": option, "Values": list(wanted)}], **more}


def without(answers: dict, names: set[str]) -> dict:
    found = [{k: v for k, v in entry.items() if k not in names} for entry in answers.get("Parameters", [])]
    return {**answers, "Parameters": found}


@pytest.mark.parametrize(
    "arguments",
    [
        described("/prod/secure", "/prod/keyed", "/prod/plain", "/prod/list"),
        described("/prod/versions"),
        described("/prod/none"),
        described("/prod/secure", "/prod/none", MaxResults=50),
    ],
)
def test_parameters_are_described_as_by_moto(both, arguments):
    of_moto, of_ours = both("ssm", "describe_parameters", **arguments)
    assert without(of_ours, TOLD_BY_AWS) == without(of_moto, TOLD_BY_AWS)
    assert all(set(entry) >= TOLD_BY_AWS for entry in of_ours["Parameters"])


def test_more_than_fifty_names_are_not_described(both):
    answers = both("ssm", "describe_parameters", **described(*(f"/p/{n}" for n in range(51))))
    assert answers == [{"code": "ValidationException"}] * 2


@pytest.mark.parametrize("name", ["prod/text", "prod/keyed", "prod/binary", "prod/rotated", "prod/deleted", "prod/none"])
def test_secrets_are_described_as_by_moto(both, name):
    of_moto, of_ours = both("secretsmanager", "describe_secret", SecretId=name)
    stages = [sorted(sorted(s) for s in answer.pop("VersionIdsToStages", {}).values()) for answer in (of_moto, of_ours)]
    assert stages[0] == stages[1]
    # moto has the lists' key for it besides.
    assert {k: v for k, v in of_moto.items() if v is not None} == of_ours


def test_what_moto_lets_pass_and_aws_does_not(both):
    """moto takes any number of ids; AWS, and ours, at most twenty."""
    of_moto, of_ours = both("secretsmanager", "batch_get_secret_value", SecretIdList=[f"s{n}" for n in range(21)])
    assert of_moto["status"] == 200
    assert of_ours == {"code": "ValidationException"}


# Lambda


@pytest.fixture
def transcripts(short_tmp, as_user):
    """What the probes were answered under aws-lambda-rie, and under `vestry local`."""

    def record(end: str) -> tuple[dict, dict]:
        layer = short_tmp / "layer"
        (layer / "extensions").mkdir(parents=True)
        shutil.copy(paths.FUNCTIONS / "probe/extension", layer / "extensions/vestry")
        env = {"PATH": f"{paths.PYTHON.parent}:/usr/bin:/bin", "PROBE_END": end}
        sandbox = rie.Sandbox(
            short_tmp / "tmp", [layer], ["./runtime"], paths.FUNCTIONS / "probe",
            {**env, "PROBE_OUTPUT": "/tmp/probe"}, as_user,
        )  # fmt: skip
        with sandbox.cold_start() as running:
            answers = [running.invoke() for _ in range(2)]
        of_rie = read(sandbox.tmp / "probe")
        event, store = short_tmp / "event.json", short_tmp / "store.toml"
        event.write_text("{}")
        store.touch()
        local = run(
            [
                *(paths.VESTRY, "local", "--json", "--store", store, "--event", event, "--event", event),
                *("--extension", layer / "extensions/vestry", "--", paths.FUNCTIONS / "probe/runtime"),
            ],
            {**env, "PROBE_OUTPUT": str(short_tmp / "ours"), "VESTRY_DELIVERY": "file"},
        )
        of_ours = read(short_tmp / "ours")
        assert of_ours, local.said
        return {**of_rie, "answers": answers}, {**of_ours, "local": local}

    return record


def read(output) -> dict:
    """Each call's status and the shape of its answer, by what it was."""
    found = {}
    for who, path in {"extension": output, "runtime": output.with_name(output.name + ".runtime")}.items():
        steps = json.loads(path.read_text()) if path.exists() else []
        for number, step in enumerate(steps):
            body, headers = step["body"], step["headers"]
            keys = {k: v if k == "errorType" else type(v).__name__ for k, v in body.items()} if isinstance(body, dict) else body
            found[f"{who} {number}: {step['call']}"] = {
                "status": step["status"],
                "headers": sorted(headers),
                "body": keys,
            }
    return found


def test_lambda_answers_as_the_emulator_of_aws_does(transcripts):
    of_rie, of_ours = transcripts("serves")
    assert of_rie.pop("answers")[0].body == {"answered": True}
    assert of_ours.pop("local").status == 4, "the probe answers its second invocation with an error"
    assert [step for step in of_rie if step.startswith("runtime")]
    assert of_ours == of_rie


def test_a_refused_init_is_taken_as_the_emulator_of_aws_takes_it(transcripts):
    of_rie, of_ours = transcripts("refuses")
    answers, local = of_rie.pop("answers"), of_ours.pop("local")
    # The probe registers long before it refuses, so how far its runtime gets is chance.
    of_rie, of_ours = ({k: v for k, v in steps.items() if k.startswith("extension")} for steps in (of_rie, of_ours))
    assert of_ours == of_rie
    assert all(answer.status != 200 for answer in answers)
    assert local.status == 3, local.said
    assert "Probe.Refused" in local.out
