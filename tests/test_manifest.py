"""The manifest through the real programs, against moto: what a function would see, and what it would be told."""

import base64
import json
import os
import socket
import subprocess
import textwrap

import boto3
import jsonschema
import pytest

from support import paths
from support.programs import Ran, run
from support.rie import in_namespace
from support.stores import REGION, client

ELSEWHERE = "arn:aws:iam::210987654321:role/reader"
THIRD = "arn:aws:iam::333333333333:role/reader"


@pytest.fixture
def package(short_tmp):
    """Writes the manifest of a package: `package(TEXT, name="vestry.toml")`."""

    def write(text: str, name: str = "vestry.toml"):
        path = short_tmp / name
        path.write_text(textwrap.dedent(text))
        return path

    return write


@pytest.fixture
def attempt(stores, short_tmp):
    """`vestry exec` in the package's directory."""

    def attempt(env: dict[str, str] | None = None, command: list | None = None, **more: str) -> Ran:
        command = command or [paths.PYTHON, "-I", "-c", SHOW]
        env = {"VESTRY_RUN_DIR": str(short_tmp / "run"), "HOME": str(short_tmp), **(env or stores.env()), **more}
        return run([paths.VESTRY, "exec", "--", *command], env, cwd=short_tmp)

    return attempt


# Shows its variables, and of those that are a path of a value's file the bytes and the mode.
SHOW = """
import json, os
show = {k.decode(): v.decode("latin-1") for k, v in os.environb.items()}
for name, value in list(show.items()):
    if value.startswith("/") and "/files" in value:
        with open(value, "rb") as file:
            mode = oct(os.fstat(file.fileno()).st_mode & 0o7777)
            show[name] = [file.read().decode("latin-1"), mode, value, oct(os.stat(os.path.dirname(value)).st_mode & 0o7777)]
print(json.dumps(show))
"""


def variables(ran: Ran, *names: str):
    assert ran.status == 0, ran.said
    found = json.loads(ran.out)
    return {name: found.get(name) for name in names}


def init_line(ran: Ran) -> dict:
    lines = [json.loads(line) for line in ran.err.splitlines() if line.startswith("{")]
    return next(line for line in lines if line["event"] == "init")


def in_account(stores, role: str):
    """Makes clients in the account of a role."""
    keys = client("sts", stores.url).assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]

    def of(service: str, region: str = REGION):
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=stores.url,
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
        )

    return of


def test_every_form(stores, package, attempt):
    stores.parameter("/prod/db/password", "p@ss word")
    stores.parameter("/prod/db/user", "ada")
    stores.parameter("/prod/flag", "on")
    stores.parameter("/prod/flags/a/b", "1")
    stores.parameter("/prod/app/feature_beta", "2")
    stores.parameter("/prod/app/old/key", "3")
    stores.parameter("/prod/b64", "aGVsbG8=")
    stores.secret("prod/stripe", json.dumps({"k": "made up", "n": 1}))
    package("""
        parameters = ["/prod/db/password", "FLAG=/prod/flag", "/prod/flags/*"]
        secrets = ["KEY=prod/stripe#k"]

        [variables]
        DB_PASSWORD = "ssm:/prod/db/password"
        STRIPE = { store = "secretsmanager", name = "prod/stripe", key = "/n", stage = "AWSCURRENT" }
        DECODED = { ref = "ssm:/prod/b64", decode = "base64", version = 1 }
        DEFAULT = { ref = "ssm:/prod/none", default = "a & b %" }
        ABSENT = { ref = "ssm:/prod/none", optional = true }
        DATABASE_URL = "postgres://${user}:${DB_PASSWORD | urlencode}@h/app?literal=$${x}"
        WITHOUT = "x${ABSENT}"
        TWICE = "<${DATABASE_URL | base64}>"

        [references]
        user = "ssm:/prod/db/user"

        [[trees]]
        path = "ssm:/prod/app/*"
        prefix = "APP_"
        strip = "feature_"
        rename = { "old/key" = "New" }

        [[trees]]
        ref = "secretsmanager:prod/stripe"
        prefix = "s_"
        case = "lower"

        [[lists]]
        entries = ["ssm:/prod/flag"]
        prefix = "L_"
    """)
    url = "postgres://ada:p%40ss%20word@h/app?literal=${x}"
    expected = {
        "PASSWORD": "p@ss word",
        "FLAG": "on",
        "A_B": "1",
        "KEY": "made up",
        "DB_PASSWORD": "p@ss word",
        "STRIPE": "1",
        "DECODED": "hello",
        "DEFAULT": "a & b %",
        "ABSENT": None,
        "DATABASE_URL": url,
        "WITHOUT": None,
        "TWICE": f"<{base64.b64encode(url.encode()).decode()}>",
        "user": None,
        "APP_BETA": "2",
        "New": "3",
        "APP_OLD_KEY": None,
        "s_k": "made up",
        "s_n": "1",
        "L_FLAG": "on",
    }
    assert variables(attempt(), *expected) == expected


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("vestry.json", '{"variables": {"A": "ssm:/a"}}'),
        ("vestry.yaml", "variables:\n  A: ssm:/a\n"),
        ("vestry.yml", "variables: {A: 'ssm:/a'}\n"),
        ("elsewhere.toml", "[variables]\nA = 'ssm:/a'"),
    ],
)
def test_the_formats_and_where_they_are_found(stores, package, attempt, name, text):
    stores.parameter("/a", "value")
    package(text, name)
    more = {} if name.startswith("vestry.") else {"VESTRY_MANIFEST": name}
    assert variables(attempt(**more), "A") == {"A": "value"}


@pytest.fixture
def in_package(stores, short_tmp, as_user):
    """Runs a program where /var/task is a package with two manifests, from a directory that has none."""
    for name in ["usual", "deep"]:
        stores.parameter(f"/{name}", name)
    task, tmp = short_tmp / "var/task", short_tmp / "tmp"
    (task / "deep").mkdir(parents=True)
    (task / "vestry.toml").write_text('[variables]\nURL = "ssm:/usual"')
    (task / "deep/m.json").write_text('{"variables": {"URL": "ssm:/deep"}}')
    tmp.mkdir()
    tmp.chmod(0o1777)

    def ran(command: list, **more: str) -> str:
        command = in_namespace([str(word) for word in command], {"/var": [short_tmp / "var"], "/tmp": [tmp]}, as_user)
        done = run(command, {"HOME": "/tmp", **stores.env(), **more}, cwd="/")
        return done.said

    return ran


@pytest.mark.parametrize(("setting", "value"), [("", "usual"), ("/var/task/deep/m.json", "deep")])
def test_it_lies_in_the_functions_package(in_package, setting, value):
    runtime = RUNTIME.replace('os.environ.get("KEY")', '"/dev/null"')
    said = in_package([paths.VESTRY, "local", "--json", "--", paths.PYTHON, "-I", "-c", runtime], VESTRY_MANIFEST=setting)
    assert json.loads(said)["invocations"][0]["answer"]["url"] == value, said


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("", "/var/task/vestry.toml:1:1"),
        ("deep/m.json", "/var/task/deep/m.json:1:1"),
        ("none.toml", "the manifest /var/task/none.toml is not there"),
    ],
)
def test_a_relative_path_begins_in_the_functions_package(in_package, setting, told):
    env = {"VESTRY_DELIVERY": "socket", "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9", "VESTRY_PROFILE": "x"}
    said = in_package([paths.VESTRY_EXTENSION], VESTRY_MANIFEST=setting, **env)
    assert told in said, said


def test_two_manifests_or_none_where_one_is_named(package, attempt, short_tmp):
    package("", "vestry.toml")
    package("{}", "vestry.json")
    ran = attempt()
    assert ran.status == 3 and "there are two manifests" in ran.err, ran.said
    ran = attempt(VESTRY_MANIFEST="none.toml")
    assert ran.status == 3 and f"{short_tmp}/none.toml is not there" in ran.err, ran.said
    package("", "vestry.ini")
    ran = attempt(VESTRY_MANIFEST="vestry.ini")
    assert ran.status == 3 and "is of no known format" in ran.err, ran.said
    os.mkfifo(short_tmp / "pipe.toml")
    ran = attempt(VESTRY_MANIFEST="pipe.toml")
    assert ran.status == 3 and "it is no regular file" in ran.err, ran.said
    (short_tmp / "large.toml").write_bytes(b"#" * (1 << 20) + b"#")
    ran = attempt(VESTRY_MANIFEST="large.toml")
    assert ran.status == 3 and "has more than 1 MiB" in ran.err, ran.said
    (short_tmp / "large.toml").write_bytes(b"#" * (1 << 20))
    assert attempt(VESTRY_MANIFEST="large.toml").status == 0


def test_the_environment_and_the_manifest_are_one_set(stores, package, attempt, short_tmp):
    for n in range(8):
        stores.parameter(f"/p/{n}", str(n))
    package("parameters = [" + ", ".join(f'"P{n}=/p/{n}"' for n in range(4)) + "]")
    ran = attempt(**{f"E{n}": f"ssm:/p/{n}" for n in range(8)})
    assert variables(ran, "P0", "E0", "E7") == {"P0": "0", "E0": "0", "E7": "7"}
    assert init_line(ran)["calls"] == {"ssm": 1, "secretsmanager": 0, "retries": 0}
    ran = attempt(P1="ssm:/p/1", P2="plain")
    assert ran.status == 3
    assert f"P1: two sources set it: P1 (ssm:/p/1) and {short_tmp}/vestry.toml:1 (ssm:/p/1)" in ran.err, ran.said
    assert f"P2: two sources set it: the variable P2 and {short_tmp}/vestry.toml:1 (ssm:/p/2)" in ran.err, ran.said


def test_profiles(stores, package, attempt):
    stores.parameter("/base", "base")
    stores.parameter("/prod", "prod")
    package("""
        [variables]
        A = "ssm:/base"
        [profile.prod.variables]
        A = "ssm:/prod"
        B = "ssm:/base"
    """)
    assert variables(attempt(), "A", "B") == {"A": "base", "B": None}
    assert variables(attempt(VESTRY_PROFILE="prod"), "A", "B") == {"A": "prod", "B": "base"}
    ran = attempt(VESTRY_PROFILE="prd")
    assert ran.status == 3
    assert "the manifest has no such profile; did you mean prod? its profiles are prod" in ran.err, ran.said


def test_a_profile_without_a_manifest(attempt):
    ran = attempt(VESTRY_PROFILE="prod")
    assert ran.status == 3 and "VESTRY_PROFILE: there is no manifest to choose it from" in ran.err, ran.said


def test_everything_that_is_wrong_is_told_with_its_line(package, attempt, short_tmp):
    package("""\
        [variables]
        A = { stroe = "ssm", name = "/a", default = "hunter2" }
        B = "hunter2"
        C = "postgres://hunter2:${pasword}@h"
        [references]
        password = "ssm:/p"
    """)
    ran = attempt()
    assert ran.status == 3
    manifest = short_tmp / "vestry.toml"
    for said in [
        f"{manifest}:2:7: unknown key variables.A.stroe; did you mean store?",
        f"{manifest}:3:5: variables.B is neither a reference nor composed of any",
        f"{manifest}:4:1: C: ${{pasword}}: nothing in [references] or [variables] is called pasword; did you mean password?",
    ]:
        assert said in ran.err, ran.said
    assert "hunter2" not in ran.said


def test_renamed_and_missing(stores, package, attempt):
    stores.parameter("/t/a", "1")
    package("""
        [[trees]]
        path = "ssm:/t/*"
        rename = { b = "B" }
    """)
    ran = attempt()
    assert ran.status == 3 and "it has no b to rename" in ran.err, ran.said


def test_names_that_steer_are_not_made_of_prefixes(stores, package, attempt):
    stores.parameter("/t/_PRELOAD", "x")
    package('[[trees]]\npath = "ssm:/t/*"\nprefix = "LD"')
    ran = attempt()
    assert ran.status == 3 and "LD_PRELOAD steers the loader" in ran.err, ran.said


def test_a_thousand_references_take_as_few_calls_as_the_stores_allow(stores, package, attempt):
    for n in range(700):
        stores.parameter(f"/many/{n}", f"p{n}")
    for n in range(300):
        stores.secret(f"many/{n}", f"s{n}")
    lines = [f'P{n} = "ssm:/many/{n}"' for n in range(700)] + [f'S{n} = "secretsmanager:many/{n}"' for n in range(300)]
    path = package("[variables]\n" + "\n".join(lines))
    assert path.stat().st_size > 4096 * 5
    ran = attempt()
    assert variables(ran, "P0", "P699", "S0", "S299") == {"P0": "p0", "P699": "p699", "S0": "s0", "S299": "s299"}
    line = init_line(ran)
    assert line["calls"] == {"ssm": 70, "secretsmanager": 15, "retries": 0}
    assert line["declared"] == line["variables"] == 1000


# Other accounts and regions


def test_roles_are_assumed_once_each(stores, package, attempt):
    stores.parameter("/shared", "own")
    for role, value in [(ELSEWHERE, "elsewhere"), (THIRD, "third")]:
        of = in_account(stores, role)
        for n in range(12):
            of("ssm").put_parameter(Name=f"/shared/{n}", Value=f"{value} {n}", Type="SecureString")
        of("secretsmanager").create_secret(Name="shared", SecretString=value)
        of("ssm", "us-east-1").put_parameter(Name="/far", Value=f"far {value}", Type="String")
    role = f'role_arn = "{ELSEWHERE}", external_id = "e-1"'
    lines = [f'A{n} = {{ ref = "ssm:/shared/{n}", {role} }}' for n in range(12)]
    package(
        "[variables]\n"
        + "\n".join(lines)
        + f"""
OWN = "ssm:/shared"
SECRET = {{ ref = "secretsmanager:shared", {role} }}
FAR = {{ ref = "ssm:/far", region = "us-east-1", {role} }}
THIRD = {{ ref = "ssm:/shared/0", role_arn = "{THIRD}" }}
[[trees]]
path = "ssm:/shared/*"
prefix = "T_"
role_arn = "{THIRD}"
"""
    )
    ran = attempt()
    assert variables(ran, "OWN", "A0", "A11", "SECRET", "FAR", "THIRD", "T_11") == {
        "OWN": "own",
        "A0": "elsewhere 0",
        "A11": "elsewhere 11",
        "SECRET": "elsewhere",
        "FAR": "far elsewhere",
        "THIRD": "third 0",
        "T_11": "third 11",
    }
    line = init_line(ran)
    # 2 of this account's role, 1 of the function's own, 1 far away, 1 of the third, 2 pages of its tree.
    assert line["calls"] == {"ssm": 7, "secretsmanager": 1, "retries": 0, "sts": 2}
    assert line["ms"]["assume_roles"] > 0


def test_a_role_that_may_not_be_assumed(stores, package, attempt):
    stores.parameter("/a", "value")
    package(f'[variables]\nA = "ssm:/a"\nB = {{ ref = "ssm:/a", role_arn = "{ELSEWHERE}" }}')
    with stores.only_allowing("ssm:GetParameters") as env:
        ran = attempt(env)
    assert ran.status == 3
    assert "Vestry.AccessDenied: B (ssm:/a)" in ran.err, ran.said
    assert f"allow sts:AssumeRole on {ELSEWHERE}" in ran.err, ran.said
    assert "A (ssm:/a)" not in ran.err, ran.said


def test_a_role_that_does_not_come_is_named_at_the_deadline(stores, package, attempt):
    stores.parameter("/a", "value")
    package(f'[variables]\nA = "ssm:/a"\nB = {{ ref = "ssm:/a", role_arn = "{ELSEWHERE}" }}')
    with socket.create_server(("127.0.0.1", 0)) as silent:
        sts = f"127.0.0.1:{silent.getsockname()[1]}"
        ran = attempt(AWS_ENDPOINT_URL_STS=f"http://{sts}", VESTRY_DEADLINE_MS="1500")
    assert ran.status == 3
    waiting = f"B (ssm:/a): not there at the deadline, still waiting for the answer of {sts}"
    assert "Vestry.Unavailable" in ran.err and waiting in ran.err, ran.said
    assert "A (ssm:/a)" not in ran.err, ran.said


def test_what_is_not_found_with_a_role_says_with_which(stores, package, attempt):
    package(f'[variables]\nA = {{ ref = "ssm:/none", role_arn = "{ELSEWHERE}", region = "eu-north-1" }}')
    ran = attempt()
    assert ran.status == 3 and f"not found in eu-north-1 with {ELSEWHERE}" in ran.err, ran.said


def test_the_policy_sees_what_the_manifest_says(stores, package, attempt, short_tmp):
    policy = short_tmp / "policy"
    policy.mkdir()
    (policy / "p.rego").write_text(
        textwrap.dedent("""
        package vestry.declare
        deny contains msg if {
            some ref in input.references
            ref.source == "manifest"
            msg := concat(" ", [object.get(ref, k, "-") | some k in ["region", "role_arn", "part"]])
        }
        deny contains "composed" if "URL" in input.variables
        deny contains "a file" if { some ref in input.references; ref.file == true; ref.variable == "CERT" }
    """)
    )
    package(f"""
        [variables]
        CERT = {{ ref = "ssm:/c", as = "file" }}
        URL = "x${{u}}"
        [references]
        u = {{ ref = "ssm:/u", region = "us-east-1", role_arn = "{ELSEWHERE}" }}
    """)
    ran = attempt(VESTRY_POLICY=str(policy))
    assert ran.status == 3
    for said in ["a file", "composed", "- - -", f"us-east-1 {ELSEWHERE} u"]:
        assert said in ran.err, ran.said


# Values in files

BINARY = bytes(range(256))


def test_a_value_in_a_file_with_exec(stores, package, attempt, short_tmp):
    stores.secret("cert", BINARY)
    stores.parameter("/key", "key")
    package("""
        [variables]
        CERT = { ref = "secretsmanager:cert", as = "file", mode = "0400" }
        KEY = { ref = "ssm:/key", as = "file" }
        CONF = { value = "key=${KEY} ${k}", as = "file" }
        [references]
        k = "ssm:/key"
    """)
    ran = attempt()
    found = variables(ran, "CERT", "KEY", "CONF")
    (cert, mode, path, around), key, conf = found["CERT"], found["KEY"], found["CONF"]
    assert (cert.encode("latin-1"), mode, around) == (BINARY, "0o400", "0o700")
    assert key[:2] == ["key", "0o600"]
    assert conf[0] == f"key={key[2]} key"
    # Nothing of Vestry ran beside the command; the next one cleans up behind it.
    assert os.path.exists(path)
    assert attempt(command=["/bin/true"]).status == 0
    left = [entry.name for entry in (short_tmp / "run").iterdir()]
    assert os.path.dirname(path) != short_tmp / "run" / left[0] and len(left) == 1, left


def test_a_command_that_runs_keeps_its_files(stores, package, attempt, short_tmp):
    stores.parameter("/key", "key")
    package('[variables]\nKEY = { ref = "ssm:/key", as = "file" }')
    env = {"PATH": "/usr/bin:/bin", "VESTRY_RUN_DIR": str(short_tmp / "run"), **stores.env()}
    command = [paths.VESTRY, "exec", "--", "/bin/sh", "-c", 'echo "$KEY"; read line; cat "$KEY"']
    with subprocess.Popen(
        command, env=env, cwd=short_tmp, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as first:
        path = first.stdout.readline().decode().strip()
        assert os.path.exists(path)
        assert attempt(command=["/bin/true"]).status == 0
        out, _ = first.communicate(b"\n", timeout=30)
    assert out == b"key"


def test_a_command_that_does_not_start_leaves_no_file(stores, package, attempt, short_tmp):
    stores.parameter("/key", "key")
    package('[variables]\nKEY = { ref = "ssm:/key", as = "file" }')
    assert attempt(command=["/nonexistent"]).status == 127
    assert list((short_tmp / "run").iterdir()) == []


RUNTIME = """
import json, os, urllib.request
api = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
while True:
    with urllib.request.urlopen(api + "next") as event:
        id = event.headers["Lambda-Runtime-Aws-Request-Id"]
    path = os.environ.get("KEY") or json.load(open(os.environ["ENV_FILE"]))["KEY"]
    answer = {"path": path, "value": open(path).read(), "mode": oct(os.stat(path).st_mode & 0o7777),
              "profile": os.environ.get("VESTRY_PROFILE"), "url": os.environ.get("URL")}
    urllib.request.urlopen(urllib.request.Request(api + id + "/response", json.dumps(answer).encode()))
"""


@pytest.mark.parametrize("delivery", ["socket", "file"])
def test_in_lambda_a_file_is_there_until_shutdown(stores, package, short_tmp, delivery):
    stores.parameter("/dev/key", "key")
    package("""
        [profile.dev.variables]
        KEY = { ref = "ssm:/dev/key", as = "file", mode = "0400" }
        URL = "http://${KEY}"
    """)
    run_dir = short_tmp / "run"
    env = {**stores.env(), "VESTRY_RUN_DIR": str(run_dir), "VESTRY_PROFILE": "dev", "HOME": str(short_tmp)}
    if delivery == "file":
        env |= {"VESTRY_DELIVERY": "file", "VESTRY_FILE_FORMAT": "json", "ENV_FILE": str(run_dir / "env")}
    ran = run([paths.VESTRY, "local", "--json", "--", paths.PYTHON, "-I", "-c", RUNTIME], env, cwd=short_tmp)
    assert ran.status == 0, ran.said
    answer = json.loads(ran.out)["invocations"][0]["answer"]
    answer = answer.get("response", answer) if isinstance(answer, dict) else answer
    assert answer["value"] == "key" and answer["mode"] == "0o400"
    assert answer["path"] == str(run_dir / "files" / "KEY")
    assert answer["url"] == (f"http://{run_dir}/files/KEY" if delivery == "socket" else None)
    assert not run_dir.exists()


def test_what_a_crash_left_is_gone_at_the_next_start(stores, package, short_tmp):
    stores.parameter("/key", "key")
    manifest = package('[variables]\nKEY = { ref = "ssm:/key", as = "file" }')
    run_dir = short_tmp / "run"
    (run_dir / "files").mkdir(parents=True)
    run_dir.chmod(0o700)
    (run_dir / "files").chmod(0o700)
    for name in ["KEY", "OLD"]:
        (run_dir / "files" / name).write_text("left over")
        (run_dir / "files" / name).chmod(0o600)
    # Nobody answers for Lambda: the extension prepares, delivers, and then fails to register.
    env = {
        **stores.env(),
        "PATH": "/usr/bin:/bin",
        "VESTRY_RUN_DIR": str(run_dir),
        "VESTRY_MANIFEST": str(manifest),
        "VESTRY_DELIVERY": "socket",
        "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9",
    }
    ran = run([paths.VESTRY_EXTENSION], env)
    assert '"outcome":"ready"' in ran.out or "lambda" in ran.out, ran.said
    assert not run_dir.exists()


def test_a_link_in_the_place_of_the_files_is_refused(stores, package, attempt, short_tmp):
    stores.parameter("/key", "key")
    manifest = package('[variables]\nKEY = { ref = "ssm:/key", as = "file" }')
    run_dir, target = short_tmp / "run", short_tmp / "target"
    run_dir.mkdir(mode=0o700)
    target.mkdir(mode=0o700)
    (target / "mine").write_text("mine")
    (run_dir / "files").symlink_to(target)
    env = {
        **stores.env(),
        "VESTRY_RUN_DIR": str(run_dir),
        "VESTRY_MANIFEST": str(manifest),
        "VESTRY_DELIVERY": "socket",
        "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9",
    }
    ran = run([paths.VESTRY_EXTENSION], env)
    assert ran.status != 0 and "UnsafeRunDirectory" in ran.said, ran.said
    assert (target / "mine").read_text() == "mine" and list(target.iterdir()) == [target / "mine"]


# The same at home


def test_local_and_exec_take_the_same_manifest_with_an_embedded_store(package, short_tmp):
    package(f"""
        [variables]
        A = {{ ref = "ssm:/dev/a", role_arn = "{ELSEWHERE}" }}
    """)
    (short_tmp / "store.toml").write_text('[parameters]\n"/dev/a" = "made up"\n')
    env = {"VESTRY_RUN_DIR": str(short_tmp / "run"), "HOME": str(short_tmp)}
    ran = run(
        [paths.VESTRY, "exec", "--store", "store.toml", "--", "/bin/sh", "-c", 'echo "$A"'], env, cwd=short_tmp
    )
    assert (ran.status, ran.out) == (0, "made up\n"), ran.said


# The schema


@pytest.fixture(scope="module")
def validate():
    ran = run([paths.VESTRY, "schema", "manifest"], {})
    assert ran.status == 0, ran.said
    schema = json.loads(ran.out)
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    return lambda document: [error.message for error in validator.iter_errors(document)]


def accepted(variable: dict) -> dict:
    return {"variables": {"A": variable}}


FITTING = [
    {},
    {"parameters": ["/a", "B=/b", "/c/*"], "secrets": ["s#k"]},
    accepted("ssm:/a"),
    accepted("x${u}") | {"references": {"u": {"ref": "ssm:/u", "version": 3}}},
    accepted({"store": "ssm", "name": "/a", "key": "k", "optional": True, "default": "x", "decode": "base64"}),
    accepted({"ref": "ssm:/a", "as": "file", "mode": "0400", "region": "eu-west-1", "role_arn": ELSEWHERE}),
    accepted({"value": "x${u}", "as": "file"}) | {"references": {"u": "ssm:/u"}},
    {"lists": [{"entries": ["ssm:/a"], "prefix": "P_", "case": "keep", "rename": {"a": "B"}}]},
    {"trees": [{"path": "ssm:/a/*", "strip": "x_"}, {"ref": "secretsmanager:s"}, {"store": "ssm", "path": "/t"}]},
    {"profile": {"dev": {"variables": {"A": "ssm:/a"}}}, "$schema": "./schema.json"},
]

UNFITTING = [
    [],
    {"variabels": {}},
    {"parameters": "/a"},
    accepted("plain"),
    accepted(3),
    accepted({}),
    accepted({"stroe": "ssm", "name": "/a"}),
    accepted({"store": "smm", "name": "/a"}),
    accepted({"ref": "ssm:/a", "mode": 600, "as": "file"}),
    accepted({"ref": "ssm:/a", "as": "fil"}),
    accepted({"ref": "ssm:/a", "optional": "yes"}),
    accepted({"ref": "ssm:/a", "region": "x.y"}),
    accepted({"ref": "ssm:/a", "region": "eu-wst"}),
    accepted({"ref": "ssm:/a", "role_arn": "reader"}),
    accepted({"value": "x${u}", "key": "k"}) | {"references": {"u": "ssm:/u"}},
    {"variables": {"A-B": "ssm:/a"}},
    {"variables": {"VESTRY_LOG": "ssm:/a"}},
    {"references": {"a": "x${b}"}},
    {"references": {"a": {"ref": "ssm:/a", "as": "file"}}},
    {"lists": [{"prefix": "A"}]},
    {"trees": [{"prefix": "A"}]},
    {"trees": [{"path": "ssm:/a/*", "default": "x"}]},
    {"trees": {"path": "ssm:/a/*"}},
    {"profile": {"dev": {"profile": {}}}},
]


@pytest.mark.parametrize("document", FITTING)
def test_the_schema_takes_what_the_program_takes(validate, package, attempt, document):
    assert validate(document) == []
    package(json.dumps(document), "vestry.json")
    assert "InvalidDeclaration" not in attempt(VESTRY_DEADLINE_MS="2000").err


@pytest.mark.parametrize("document", UNFITTING)
def test_the_schema_refuses_what_the_program_refuses(validate, package, attempt, document):
    assert validate(document) != []
    package(json.dumps(document), "vestry.json")
    ran = attempt()
    assert ran.status == 3 and "InvalidDeclaration" in ran.err, ran.said


def test_the_credentials_of_a_profile_serve_a_manifest(stores, package, attempt, short_tmp):
    stores.parameter("/a", "value")
    package('[variables]\nA = "ssm:/a"')
    (short_tmp / ".aws").mkdir()
    keys = "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = made/up\n"
    (short_tmp / ".aws/credentials").write_text(f"[mine]\n{keys}")
    env = {name: stores.env()[name] for name in ["AWS_REGION", "AWS_ENDPOINT_URL"]}
    assert variables(attempt(env, AWS_PROFILE="mine"), "A") == {"A": "value"}


def test_the_policy_input_knows_the_manifest(package, short_tmp):
    package('[variables]\nA = "ssm:/a"\nU = "x${A}"')
    ran = run([paths.VESTRY, "policy", "input"], {}, cwd=short_tmp)
    assert ran.status == 0, ran.said
    document = json.loads(ran.out)
    assert [reference["source"] for reference in document["references"]] == ["manifest"]
    assert "U" in document["variables"]


@pytest.mark.parametrize(
    ("profile", "url"),
    [("", "postgres://ada:p%40ss@localhost/app"), ("prod", "postgres://grace:made%2Fup@localhost/app")],
)
def test_the_example_is_what_it_says(short_tmp, profile, url):
    env = {"VESTRY_RUN_DIR": str(short_tmp / "run"), "HOME": str(short_tmp), "VESTRY_PROFILE": profile}
    command = [paths.VESTRY, "exec", "--store", "store.toml", "--", paths.PYTHON, "-I", "-c", SHOW]
    found = json.loads(run(command, env, cwd=paths.ROOT / "examples/manifest").out)
    key, mode, path, _ = found["TLS_KEY"]
    assert (key, mode) == ("-----BEGIN made up-----", "0o400")
    assert found["DATABASE_URL"] == f"{url}?sslkey={path}"
    names = ["LEVEL", "ORDERS", "STRIPE_KEY", "FEATURE_BETA", "OLD_CHECKOUT", "REGION_NAME"]
    assert [found.get(name) for name in names] == ["info", "100", "made-up-key", "on", "off", None]
    assert all(name not in found for name in ["user", "password", "host"])
