"""The manifest's features in each of its formats: what one says, the others say as well, its mistakes included."""

import json
import re
import tomllib
from pathlib import Path

import boto3
import jsonschema
import pytest
import yaml

from support import paths
from support.programs import run

ELSEWHERE = "arn:aws:iam::210987654321:role/reader"
FORMATS = ["toml", "json", "yaml"]

DOCUMENT = {
    "parameters": ["/prod/a", "NAMED=/prod/a", "/prod/flags/*"],
    "secrets": ["KEY=prod/s#k"],
    "variables": {
        "TEXT": "ssm:/prod/a?optional",
        "SPELT": {"store": "ssm", "name": "/prod/a", "version": 1},
        "POINTER": {"store": "secretsmanager", "name": "prod/s", "key": "/n/m", "stage": "AWSCURRENT"},
        "LABEL": {"store": "ssm", "name": "/prod/a", "label": "live"},
        "DEFAULT": {"ref": "ssm:/none", "default": "a & %41 #?"},
        "OPTIONAL": {"ref": "ssm:/none", "optional": True},
        "DECODED": {"ref": "ssm:/prod/b64", "decode": "base64"},
        "REGION": {"ref": "ssm:/prod/elsewhere", "region": "us-east-1"},
        "ROLE": {"ref": "ssm:/none", "role_arn": ELSEWHERE, "external_id": "x-1", "optional": True},
        "FILE": {"ref": "ssm:/prod/b64", "decode": "base64", "as": "file", "mode": "0400"},
        "WRITTEN": {"value": "<${TEXT}>", "as": "file"},
        "URL": "pg://${user | trim | urlencode}:${SPELT | base64}@h/${DEFAULT | json}$${x}",
        "GONE": "x${OPTIONAL}",
    },
    "references": {"user": "secretsmanager:prod/s#k"},
    "lists": [
        {"entries": ["ssm:/prod/a", "ssm:/prod/b64", "ssm:/prod/flags/*"], "prefix": "L_", "case": "lower",
         "rename": {"a": "RENAMED", "x/y": "RENAMED_FLAG"}}
    ],
    "trees": [
        {"path": "ssm:/prod/flags/*", "prefix": "T_", "strip": "x/", "case": "keep"},
        {"path": "ssm:/prod/flags/", "prefix": "U_"},
        {"store": "ssm", "path": "/prod/flags", "prefix": "V_"},
        {"ref": "secretsmanager:prod/s", "prefix": "S_", "rename": {"n": "NESTED"}},
    ],
    "profile": {
        "prod": {
            "variables": {"TEXT": "ssm:/prod/b64", "MORE": "ssm:/prod/a"},
            "references": {"user": "ssm:/prod/a"},
        },
        "empty": {},
    },
}

EXPECTED = {
    "A": "value of a",
    "NAMED": "value of a",
    "X_Y": "1",
    "Z": "2",
    "KEY": " made up ",
    "TEXT": "value of a",
    "SPELT": "value of a",
    "POINTER": "3",
    "LABEL": "value of a",
    "DEFAULT": "a & %41 #?",
    "DECODED": "hello",
    "REGION": "from afar",
    "FILE": ("hello", 0o400),
    "WRITTEN": ("<value of a>", 0o600),
    "URL": "pg://made%20up:dmFsdWUgb2YgYQ==@h/a & %41 #?${x}",
    "RENAMED": "value of a",
    "L_b64": "aGVsbG8=",
    "RENAMED_FLAG": "1",
    "L_z": "2",
    "T_y": "1",
    "T_z": "2",
    "U_X_Y": "1",
    "U_Z": "2",
    "V_X_Y": "1",
    "V_Z": "2",
    "S_K": " made up ",
    "NESTED": '{"m":3}',
}

PROD = {
    "TEXT": "aGVsbG8=",
    "MORE": "value of a",
    "WRITTEN": ("<aGVsbG8=>", 0o600),
    "URL": "pg://value%20of%20a:dmFsdWUgb2YgYQ==@h/a & %41 #?${x}",
}

SHOW = """
import json, os
show = {}
for name, value in os.environ.items():
    if "/files" in value and os.path.isfile(value):
        show[name] = [open(value).read(), os.stat(value).st_mode & 0o7777]
    else:
        show[name] = value
print(json.dumps(show))
"""


def inline(value) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {inline(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(inline(item) for item in value) + "]"
    return json.dumps(value)


WRITERS = {
    "toml": lambda document: "\n".join(f"{key} = {inline(value)}" for key, value in document.items()),
    "json": lambda document: json.dumps(document, indent=1),
    "yaml": lambda document: yaml.safe_dump(document, sort_keys=False),
}


@pytest.fixture
def attempt(short_tmp):
    def attempt(env: dict[str, str], *arguments: str):
        env = {"VESTRY_RUN_DIR": str(short_tmp / "run"), "HOME": str(short_tmp), **env}
        command = [paths.VESTRY, "exec", *arguments, "--", paths.PYTHON, "-I", "-c", SHOW]
        return run(command, env, cwd=short_tmp)

    return attempt


@pytest.fixture
def filled(stores):
    stores.parameter("/prod/a", "value of a")
    stores.ssm.label_parameter_version(Name="/prod/a", Labels=["live"])
    stores.parameter("/prod/b64", "aGVsbG8=")
    stores.parameter("/prod/flags/x/y", "1")
    stores.parameter("/prod/flags/z", "2")
    stores.secret("prod/s", json.dumps({"k": " made up ", "n": {"m": 3}}))
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    far = boto3.client("ssm", region_name="us-east-1", endpoint_url=stores.url, **keys)
    far.put_parameter(Name="/prod/elsewhere", Value="from afar", Type="String")
    return stores


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("profile", ["", "empty", "prod"])
def test_every_feature_in_every_format(filled, attempt, short_tmp, format, profile):
    (short_tmp / f"vestry.{format}").write_text(WRITERS[format](DOCUMENT))
    ran = attempt({**filled.env(), "VESTRY_PROFILE": profile})
    assert ran.status == 0, ran.said
    seen = json.loads(ran.out)
    expected = EXPECTED | (PROD if profile == "prod" else {})
    of_vestry = {name: tuple(value) if isinstance(value, list) else value for name, value in seen.items()}
    assert {name: of_vestry.get(name) for name in expected} == expected
    for name in ["OPTIONAL", "ROLE", "GONE", "user"]:
        assert name not in seen
    # One role was assumed, once; the cost is told.
    init = next(line for line in map(json.loads, ran.err.splitlines()) if line["event"] == "init")
    assert init["calls"]["sts"] == 1 and init["ms"]["assume_roles"] > 0


@pytest.mark.parametrize(
    ("format", "text", "lines"),
    [
        (
            "toml",
            '[variabels]\n[variables]\nA = { ref = "ssm:/a",\n  optinal = true }\n[profile.prod]\nsecret = []\n'
            '[[trees]]\npath = "ssm:/t"\nprefx = "A"\n',
            [1, 4, 6, 9],
        ),
        (
            "json",
            '{"variabels": {},\n "variables": {"A": {"ref": "ssm:/a",\n  "optinal": true}},\n "profile": {"prod":\n'
            ' {"secret": []}},\n "trees": [{"path": "ssm:/t",\n "prefx": "A"}]}',
            [1, 3, 5, 7],
        ),
        (
            "yaml",
            "variabels: {}\nvariables:\n  A:\n    ref: ssm:/a\n    optinal: true\nprofile:\n  prod:\n    secret: []\n"
            "trees:\n  - path: ssm:/t\n    prefx: A\n",
            [1, 5, 8, 11],
        ),
    ],
)
def test_an_unknown_key_is_told_with_its_line_and_a_suggestion(attempt, short_tmp, format, text, lines):
    manifest = short_tmp / f"vestry.{format}"
    manifest.write_text(text)
    ran = attempt({})
    assert ran.status == 3, ran.said
    told = re.findall(rf"{re.escape(str(manifest))}:(\d+):\d+: unknown key ([^;]+); did you mean (\w+)\?", ran.err)
    assert [(int(line), key, near) for line, key, near in told] == [
        (lines[0], "variabels", "variables"),
        (lines[1], "variables.A.optinal", "optional"),
        (lines[2], "profile.prod.secret", "secrets"),
        (lines[3], "trees.prefx", "prefix"),
    ], ran.said


@pytest.mark.parametrize("format", FORMATS)
def test_what_is_renamed_in_a_list_has_to_be_somewhere_in_it(filled, attempt, short_tmp, format):
    entries = ["ssm:/prod/a", "ssm:/prod/flags/*", "secretsmanager:prod/s#*"]
    rename = {"a": "ONE", "z": "TWO", "k": "THREE"}
    manifest = short_tmp / f"vestry.{format}"
    manifest.write_text(WRITERS[format]({"lists": [{"entries": entries, "rename": rename}]}))
    ran = attempt(filled.env())
    assert ran.status == 0, ran.said
    seen = json.loads(ran.out)
    assert [seen[name] for name in ["ONE", "TWO", "THREE"]] == ["value of a", "2", " made up "]
    manifest.write_text(WRITERS[format]({"lists": [{"entries": entries, "rename": rename | {"none": "FOUR"}}]}))
    ran = attempt(filled.env())
    assert ran.status == 3 and "it has no none to rename" in ran.err, ran.said


# What the documents show


@pytest.fixture(scope="module")
def schema():
    schema = json.loads(run([paths.VESTRY, "schema", "manifest"], {}).out)
    validator = jsonschema.validators.validator_for(schema)
    validator.check_schema(schema)
    return validator(schema)


def fenced(page: Path) -> list[tuple[str, str]]:
    """The fenced blocks of a page: what stands behind the fence, and what is in it."""
    return re.findall(r"^```([^\n]*)\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)


def shown_manifests() -> list:
    """Every manifest that a document or an example shows."""
    pages = [paths.ROOT / "README.md", *sorted((paths.ROOT / "docs").rglob("*.md"))]
    pages += sorted((paths.ROOT / "examples").rglob("*.md"))
    shown = []
    for page in pages:
        for kind, text in fenced(page):
            read = {"toml": tomllib.loads, "yaml": yaml.safe_load, "json": json.loads}.get(kind.split(" ")[0])
            is_manifest = kind.endswith(" vestry.toml") or re.search(
                r'^"?\[*(variables|references|lists|trees|profile\.\w+\.\w+)\b', text.strip("{ \n"), re.MULTILINE
            )
            if read and is_manifest and "Resources:" not in text:
                shown.append(pytest.param(read(text), id=f"{page.relative_to(paths.ROOT)}-{len(shown)}"))
    for file in sorted((paths.ROOT / "examples").rglob("vestry.toml")):
        shown.append(pytest.param(tomllib.loads(file.read_text()), id=str(file.relative_to(paths.ROOT))))
    return shown


def test_the_documents_show_manifests():
    assert len(shown_manifests()) > 10


@pytest.mark.parametrize("document", shown_manifests())
def test_what_the_documents_show_fits_the_schema(schema, document):
    assert [error.message for error in schema.iter_errors(document)] == []


def test_what_the_readme_shows_runs(stores, attempt, short_tmp):
    manifest = next(text for kind, text in fenced(paths.ROOT / "README.md") if kind == "toml" and "[variables]" in text)
    (short_tmp / "vestry.toml").write_text(manifest)
    for name, value in {
        "/prod/db/password": "p@ss",
        "/prod/db/user": "ada",
        "/prod/flag": "on",
        "/prod/flags/beta": "yes",
        "/prod/features/feature_dark": "1",
        "/prod/features/legacy/checkout": "2",
        "/prod/limits/orders": "100",
        "/dev/db/password": "dev",
    }.items():
        stores.parameter(name, value)
    for name, value in {"prod/stripe": {"key": "sk"}, "prod/mail": {"key": "m"}, "prod/tls": {"a": 1}}.items():
        stores.secret(name, json.dumps(value))
    # The one of another account is not there.
    manifest = manifest.replace('ref = "ssm:/shared/key",', 'ref = "ssm:/shared/key", optional = true,')
    (short_tmp / "vestry.toml").write_text(manifest)
    ran = attempt(stores.env())
    assert ran.status == 0, ran.said
    seen = json.loads(ran.out)
    assert seen["DATABASE_URL"] == "postgres://ada:p%40ss@localhost/app"
    assert (seen["FEATURE_DARK"], seen["OLD_CHECKOUT"], seen["TLS_KEY"]) == ("1", "2", ['{"a": 1}', 0o400])
    ran = attempt({**stores.env(), "VESTRY_PROFILE": "dev"})
    assert json.loads(ran.out)["DATABASE_URL"] == "postgres://ada:dev@localhost/app", ran.said
