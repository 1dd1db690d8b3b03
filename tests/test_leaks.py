"""Promises 2 and 5: canaries in every value, and a search for them wherever a value must not be.

Each run is searched in all that it printed, in every command line on the machine while it ran, and in every file that
it left; the extension's memory too, once it has handed over.
"""

import json
import os
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from support import paths, rie, watch
from support.canaries import Canary, Search, make, of_every_shape
from support.programs import Ran, run
from support.watch import children, evaluates, eventually

CANARIES = {canary.name: canary for canary in of_every_shape()}
KEY, NESTED, LIST, DEFAULT = make("KEY", "@"), make("NESTED", "n'\"@"), make("LIST", "[@]"), make("DEFAULT", "@-x")
OLD, BINARY, LONG = make("OLD", "@"), make("BINARY", "@@"), make("LONG", "@" * 4400)
ALL = [*CANARIES.values(), KEY, NESTED, LIST, DEFAULT, OLD, BINARY, LONG]

JSON = json.dumps({"key": KEY.text, "nested": {"deep": NESTED.text}, "list": [LIST.text, 1]})
REFERENCES = {
    **{name: f"ssm:/prod/{name.lower()}" for name in CANARIES},
    **{f"S_{name}": f"secretsmanager:prod/{name.lower()}" for name in CANARIES},
    "KEY": "secretsmanager:prod/json#key",
    "DEEP": "secretsmanager:prod/json#/nested/deep",
    "EVERY": "secretsmanager:prod/json#*",
    "TREE": "ssm:/prod/tree/*",
    "DEFAULT": f"ssm:/prod/none?default={DEFAULT.text}",
    "OLD": "secretsmanager:prod/rotated?stage=AWSPREVIOUS",
    "BINARY": "secretsmanager:prod/binary",
}


def text(value: str) -> str:
    """A TOML string: JSON's escapes are TOML's, but for surrogates."""
    return json.dumps(value, ensure_ascii=False)


def store(more: str = "") -> str:
    import base64

    lines = ["[parameters]"]
    lines += [f"{text(f'/prod/{name.lower()}')} = {text(c.text)}" for name, c in CANARIES.items()]
    lines += [f"{text(f'/prod/tree/{name.lower()}')} = {text(c.text)}" for name, c in CANARIES.items()]
    lines += ["[secrets]", f'"prod/json" = {text(JSON)}']
    lines += [f"{text(f'prod/{name.lower()}')} = {text(c.text)}" for name, c in CANARIES.items()]
    lines += [f'"prod/nul" = {text(BINARY.text + chr(0) + BINARY.text)}', f'"prod/long" = {text(LONG.text)}']
    lines += [f'"prod/steers" = {text(json.dumps({"path": KEY.text, "ld-preload": LIST.text}))}']
    lines += [f'"prod/twice" = {text(json.dumps({"a-b": KEY.text, "a_b": LIST.text}))}']
    lines += ['[secrets."prod/rotated"]', f"value = {text(KEY.text)}", f"previous = {text(OLD.text)}"]
    lines += ['[secrets."prod/binary"]', f'binary = "{base64.b64encode(BINARY.value).decode()}"']
    lines += ['[secrets."prod/deleted"]', f"value = {text(KEY.text)}", "deleted = true", more]
    return "\n".join(lines)


def fault(failure: str, **what: str | int) -> str:
    return "\n".join(["[[faults]]", f'failure = "{failure}"', *(f"{k} = {json.dumps(v)}" for k, v in what.items()), ""])


@dataclass
class Failure:
    """How a start goes wrong: what is declared besides, what fails in the stores, what the policy says."""

    says: str
    env: dict[str, str] = field(default_factory=dict)
    faults: str = ""
    policy: str = ""


SOON = {"VESTRY_DEADLINE_MS": "700"}
RULE = 'package vestry.%s\ndeny contains {"msg": "no", "id": "no"} if input.references[_].name == "/prod/plain"\n'
FAILURES = {
    "missing": Failure("NotFound", {"X": "ssm:/prod/lost", "Y": "secretsmanager:prod/lost"}),
    "missing key": Failure("NotFound", {"X": "secretsmanager:prod/json#none", "Y": "secretsmanager:prod/json#/nested/none"}),
    "missing version": Failure("NotFound", {"X": "ssm:/prod/plain:9", "Y": "secretsmanager:prod/plain?version=none"}),
    "not JSON": Failure("not JSON", {f"X_{n}": f"{r}#key" for n, r in REFERENCES.items() if n in CANARIES} | {"X": "ssm:/prod/plain#*"}),
    "not base64": Failure("base64", {"X": "ssm:/prod/unicode?decode=base64", "Y": "secretsmanager:prod/quotes?decode=base64"}),
    "deleted": Failure("deletion", {"X": "secretsmanager:prod/deleted"}),
    "a NUL byte": Failure("Undeliverable", {"X": "secretsmanager:prod/nul"}),
    "too long": Failure("Undeliverable", {"X": "secretsmanager:prod/long"}),
    "names that steer": Failure("LD_PRELOAD", {"VESTRY_SECRETS": "prod/steers#*"}),
    "two sources": Failure("X_A_B", {"X": "secretsmanager:prod/twice#*"}),
    "two sources, one plain": Failure("EVERY_KEY", {"EVERY_KEY": "plain"}),
    "denied": Failure("AccessDenied", faults=fault("denied", name="/prod/plain")),
    "everything denied": Failure("AccessDenied", faults=fault("denied")),
    "KMS": Failure("PLAIN", faults=fault("kms_denied", name="/prod/plain") + fault("kms_denied", name="prod/plain")),
    "throttled": Failure("Unavailable", SOON, fault("throttled")),
    "throttled in part": Failure("Unavailable", SOON, fault("throttled", action="GetParametersByPath")),
    "server errors": Failure("Unavailable", SOON, fault("error")),
    "resets": Failure("Unavailable", SOON, fault("reset")),
    "slow": Failure("Unavailable", SOON, fault("slow", ms=5000)),
    "malformed answers": Failure("PLAIN", SOON, fault("malformed")),
    "malformed in part": Failure("TREE", SOON, fault("malformed", action="GetParametersByPath")),
    "denied by policy": Failure("PolicyDenied", policy=RULE % "declare"),
    "denied by policy, resolved": Failure("PolicyDenied", policy=RULE % "resolve"),
    "policy in error": Failure("PolicyInvalid", policy="package vestry.resolve\ndeny contains 1 / 0 if input.stage\n"),
    "policy that shows its input": Failure("Policy", policy="package vestry.resolve\ndeny contains json.marshal(input)\n"),
    "bad options": Failure("InvalidDeclaration", {"X": f"ssm:/prod/plain?defualt={DEFAULT.text}", "Y": f"ssm:/prod/plain?default={DEFAULT.text}&x"}),
    "near misses": Failure("InvalidDeclaration", {"X": f"smm:/prod/plain?default={DEFAULT.text}", "VESTRY_SECRETS": f"prod/x?default={DEFAULT.text}&y=z"}),
    "misspelt setting": Failure("InvalidDeclaration", {"VESTRY_DELIVRY": DEFAULT.text, "VESTRY_LOG": DEFAULT.text}),
    "a file that cannot be": Failure("Undeliverable", {"VESTRY_DELIVERY": "file", "VESTRY_FILE": "/none/such/place"}),
}  # fmt: skip


@pytest.fixture
def search():
    return Search(ALL)


@pytest.fixture
def watched(short_tmp, search):
    """Runs `vestry WAY` and looks everywhere; answers what was said and whether the function's first line ran."""

    def go(way: list[str], failure: Failure, command: list) -> tuple[Ran, bool]:
        # What is put in lies apart from what may be left.
        given, left = short_tmp / "given", short_tmp / "left"
        for directory in (given, left, left / "home", left / "tmp"):
            directory.mkdir(exist_ok=True)
        (given / "store.toml").write_text(store(failure.faults))
        options = ["--store", given / "store.toml"]
        if failure.policy:
            (given / "policy").mkdir(exist_ok=True)
            (given / "policy/rules.rego").write_text(failure.policy)
            options += ["--policy", given / "policy"]
        marker = left / "first-line-ran"
        env = {"HOME": left / "home", "TMPDIR": left / "tmp", "VESTRY_RUN_DIR": left / "run", "MARKER": marker}
        env |= {"VESTRY_LOG": "debug", **REFERENCES, **failure.env}
        with watch.every_command_line(search) as in_command_lines:
            ran = run([paths.VESTRY, *way, *options, "--", *command], {k: str(v) for k, v in env.items()}, paths.FUNCTIONS / "managed")
        assert search.find(ran.out) == [], ran.out
        assert search.find(ran.err) == [], ran.err
        assert in_command_lines == set()
        assert search.find(watch.files_below(left)) == []
        return ran, marker.exists()

    return go


FUNCTION = [paths.PYTHON, "-m", "awslambdaric", "app.handler"]
WAYS = {
    "local": (["local"], FUNCTION),
    "local --json": (["local", "--json"], FUNCTION),
    "exec": (["exec"], [paths.PYTHON, "-c", "import app"]),
}


@pytest.mark.parametrize("way", WAYS)
def test_nothing_leaks_when_all_is_well(watched, way):
    ran, first_line_ran = watched(WAYS[way][0], Failure(""), WAYS[way][1])
    assert ran.status == 0, ran.said
    assert first_line_ran


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("failure", FAILURES)
def test_nothing_leaks_when_a_start_is_refused(watched, failure, way):
    if way == "exec" and "VESTRY_DELIVERY" in FAILURES[failure].env:
        pytest.skip("vestry exec delivers by becoming the command, never by file")
    ran, first_line_ran = watched(WAYS[way][0], FAILURES[failure], WAYS[way][1])
    assert ran.status not in (0, 101, 134), ran.said
    assert not first_line_ran
    assert FAILURES[failure].says in ran.said, ran.said


def test_nothing_leaks_when_the_command_cannot_run(watched):
    ran, _ = watched(["exec"], Failure(""), ["/no/such/program"])
    assert ran.status == 127, ran.said


def test_nothing_leaks_when_the_function_crashes(watched):
    ran, _ = watched(["local"], Failure(""), [paths.PYTHON, "-c", "import os; os.abort()"])
    assert ran.status == 4, ran.said


# The layer itself, as Lambda runs it


def seed(stores) -> None:
    for name, canary in CANARIES.items():
        stores.parameter(f"/prod/{name.lower()}", canary.text)
        stores.parameter(f"/prod/tree/{name.lower()}", canary.text)
        stores.secret(f"prod/{name.lower()}", canary.text)
    stores.secret("prod/json", JSON)
    stores.secret("prod/binary", BINARY.value)
    stores.secret("prod/rotated", OLD.text)
    stores.secrets.put_secret_value(SecretId="prod/rotated", SecretString=KEY.text)


DELIVERIES = {
    "socket": ({}, True),
    "json file": ({"VESTRY_DELIVERY": "file", "VESTRY_FILE_FORMAT": "json"}, False),
    "shell file": ({"VESTRY_DELIVERY": "file", "VESTRY_FILE_FORMAT": "shell"}, False),
}


@pytest.mark.parametrize("delivery", DELIVERIES)
def test_the_layer_keeps_nothing_after_the_hand_over(stores, managed, search, delivery):
    seed(stores)
    env, wrapper = DELIVERIES[delivery]
    sandbox = managed({"VESTRY_LOG": "debug", **REFERENCES, **env}, wrapper=wrapper)
    with sandbox.cold_start() as running:
        assert running.invoke({"names": ["PLAIN"]}).status == 200, sandbox.said()
        [extension] = running.programs("vestry")
        assert search.find(watch.command_lines()) == []
        assert core_limit(extension) == ["0", "0"]
        if os.getuid() == 0:
            assert_wiped(extension, search)
    assert search.find(sandbox.said()) == [], sandbox.said()
    assert search.find(watch.files_below(sandbox.tmp)) == []


# What stands around a value may be as secret, and what a filter makes of it looks like neither.
TEXT = make("TEXT", "@")
MANIFEST = f"""
[variables]
URL = "db://u:${{url | urlencode}}@h/${{quotes | json}}?token={TEXT.text}"
ENCODED = "${{lines | trim | base64}}"
CERT = {{ ref = "ssm:/prod/unicode", as = "file" }}
WHOLE = {{ value = "${{spaces}}${{url}}", as = "file" }}
DEFAULTED = {{ ref = "ssm:/prod/none", default = "{DEFAULT.text}" }}
[references]
url = "ssm:/prod/url"
quotes = "secretsmanager:prod/quotes"
lines = "ssm:/prod/lines"
spaces = "ssm:/prod/spaces"
"""
OF_MANIFEST = ["URL", "ENCODED", "DEFAULTED", "WHOLE"]


@pytest.mark.parametrize("readers", ["1", "2"])
def test_nothing_of_a_manifest_is_kept_after_the_hand_over(stores, managed, readers):
    """With a second reader to come, the values are there: without that the search would prove nothing."""
    seed(stores)
    search = Search([*CANARIES.values(), DEFAULT, TEXT])
    sandbox = managed({"VESTRY_LOG": "debug", "PLAIN": "ssm:/prod/plain", "VESTRY_SOCKET_READERS": readers}, manifest=MANIFEST)
    with sandbox.cold_start() as running:
        body = running.invoke({"names": OF_MANIFEST}).body
        assert body and set(OF_MANIFEST) <= set(body["getenv"]), sandbox.said()
        assert set(search.find(watch.files_below(sandbox.tmp / "vestry/files"))) >= {"UNICODE", "SPACES", "URL"}
        [extension] = running.programs("vestry")
        assert search.find(watch.command_lines()) == []
        if os.getuid() == 0 and readers == "1":
            assert_wiped(extension, search, but=None)
        elif os.getuid() == 0:
            kept = set(search.find(watch.memory(extension)))
            assert {"URL", "QUOTES", "LINES", "DEFAULT", "TEXT"} <= kept, kept
    assert search.find(sandbox.said()) == [], sandbox.said()
    assert search.find(watch.files_below(sandbox.tmp)) == []


@pytest.mark.skipif(os.getuid() != 0, reason="only root may read the memory of a process that forbids it")
def test_the_search_finds_what_is_still_to_be_taken(stores, managed, search):
    """Without which the test above would prove nothing: with a second reader to come, the values are there."""
    seed(stores)
    sandbox = managed({**REFERENCES, "VESTRY_SOCKET_READERS": "2"})
    with sandbox.cold_start() as running:
        assert running.invoke().status == 200, sandbox.said()
        [extension] = running.programs("vestry")
        assert set(CANARIES) <= set(search.find(watch.memory(extension)))
    assert search.find(watch.files_below(sandbox.tmp)) == []


def test_no_other_process_of_the_same_user_may_look_into_it(short_tmp):
    """Neither its memory nor its environment, from before the first value exists; and it leaves no core."""
    program = shutil.copy(paths.LAYER / "extensions/vestry", short_tmp / "vestry")
    user = {"user": rie.NOBODY, "group": rie.NOBODY, "extra_groups": []} if os.getuid() == 0 else {}
    with socket.create_server(("127.0.0.1", 0)) as api:
        # It is past its first line when it calls, and then waits for an answer that never comes.
        env = {"AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{api.getsockname()[1]}", "VESTRY_RUN_DIR": str(short_tmp / "run")}
        extension = subprocess.Popen([program], env=env, stdout=subprocess.DEVNULL, **user)
        other = subprocess.Popen(["/bin/sleep", "60"], env={}, **user)
        try:
            api.accept()
            for process, file, readable in ((extension, "environ", False), (extension, "mem", False), (other, "environ", True)):
                looked = subprocess.run(["/bin/head", "-c1", f"/proc/{process.pid}/{file}"], env={}, capture_output=True, **user)
                assert (b"Permission denied" not in looked.stderr) == readable, (file, looked.stderr)
            assert core_limit(extension.pid) == ["0", "0"]
        finally:
            extension.kill(), other.kill()
            extension.wait(), other.wait()


# Long enough to be looked at, and small enough for its memory.
BUSY = """package vestry.resolve

most := numbers.range(1, 400)

deny contains "never" if {
	input.references
	some a in most
	some b in most
	some c in most
	a + b + c < 0
}
"""


@pytest.mark.skipif(os.getuid() != 0, reason="only root may read the memory of a process that forbids it")
def test_the_policys_process_never_holds_a_value(short_tmp, search):
    """While it decides on what was resolved, the process beside it holds every value, and it knows the names."""
    (short_tmp / "store.toml").write_text(store())
    (short_tmp / "policy").mkdir()
    (short_tmp / "policy/busy.rego").write_text(BUSY)
    env = {"HOME": str(short_tmp), "VESTRY_RUN_DIR": str(short_tmp / "run"), **REFERENCES}
    env |= {"VESTRY_POLICY_TIMEOUT_MS": "60000", "VESTRY_DEADLINE_MS": "60000", "VESTRY_POLICY_MEMORY_MB": "128"}
    options = ["--store", short_tmp / "store.toml", "--policy", short_tmp / "policy"]
    asker = subprocess.Popen([paths.VESTRY, "exec", *options, "--", "/bin/true"], env=env, stderr=subprocess.DEVNULL)
    try:
        child = policy_process(asker.pid)
        # A name that only the store told is there: it decides on what was resolved.
        eventually(lambda: b"/prod/tree/plain" in watch.memory(child))
        assert set(CANARIES) <= set(search.find(watch.memory(asker.pid))), "the search looks at the real memory"
        assert search.find(watch.memory(child)) == []
        assert search.find(Path(f"/proc/{child}/environ").read_bytes()) == []
    finally:
        asker.kill()
        asker.wait()


@pytest.mark.skipif(os.getuid() != 0, reason="only root may read the memory of a process that forbids it")
@pytest.mark.parametrize(("mode", "started"), [(0o755, "a copy"), (0o711, "anew")])
def test_the_policys_process_forgets_the_environment_of_the_extension(mode, started, short_tmp, search):
    """It is a copy of the extension; where the system lets nobody write into it, it is started anew."""
    program = shutil.copy(paths.LAYER / "extensions/vestry", short_tmp / "vestry")
    program.chmod(mode)
    short_tmp.chmod(0o755)
    (short_tmp / "policy").mkdir()
    (short_tmp / "policy/busy.rego").write_text(BUSY.replace("vestry.resolve", "vestry.declare"))
    credentials = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": KEY.text, "AWS_SESSION_TOKEN": LIST.text}
    with socket.create_server(("127.0.0.1", 0)) as api:
        env = {"AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{api.getsockname()[1]}", **credentials}
        env |= {"DEFAULT": REFERENCES["DEFAULT"], "AWS_REGION": "eu-west-1", "VESTRY_RUN_DIR": str(short_tmp / "run")}
        env |= {"VESTRY_POLICY": str(short_tmp / "policy"), "VESTRY_POLICY_MEMORY_MB": "128"}
        env |= {"VESTRY_POLICY_TIMEOUT_MS": "60000", "VESTRY_DEADLINE_MS": "60000", "VESTRY_DELIVERY": "socket"}
        nobody = {"user": rie.NOBODY, "group": rie.NOBODY, "extra_groups": []}
        extension = subprocess.Popen([program], env=env, stdout=subprocess.DEVNULL, **nobody)
        try:
            [child] = eventually(lambda: children(extension.pid))
            eventually(lambda: evaluates(child))
            assert (b"policy" in Path(f"/proc/{child}/cmdline").read_bytes()) == (started == "anew")
            found = set(search.find(watch.memory(extension.pid)))
            assert {"KEY", "LIST", "DEFAULT"} <= found, "the search looks at the real memory"
            memory = watch.memory(child)
            assert b"/prod/none" in memory, "it was told what is declared"
            assert search.find(memory) == []
            assert Path(f"/proc/{child}/environ").read_bytes().strip(b"\0") == b""
            files = [os.readlink(f) for f in Path(f"/proc/{child}/fd").iterdir()]
            assert sorted(f.split(":")[0] for f in files if "memfd" not in f) == ["pipe", "pipe"], files
            assert core_limit(child) == ["0", "0"]
        finally:
            extension.kill()
            extension.wait()


def policy_process(asker: int) -> int:
    def called_so() -> int | None:
        return next((child for child in children(asker) if b"policy" in Path(f"/proc/{child}/cmdline").read_bytes()), None)

    return eventually(called_so)


def core_limit(pid: int) -> list[str]:
    """The soft and the hard one."""
    limits = Path(f"/proc/{pid}/limits").read_text().splitlines()
    return next(line.split()[4:6] for line in limits if "core file size" in line)


def assert_wiped(pid: int, search: Search, but: str | None = DEFAULT.name) -> None:
    """The memory of the extension holds no value. Its reader may have gone a moment before it wiped its copy."""
    for _ in range(50):
        memory = watch.memory(pid)
        # The reference with the default is in the environment that Lambda started it with, and stays there.
        found = [name for name in search.find(memory) if name != but]
        if not found:
            break
        time.sleep(0.1)
    assert b"ssm:/prod/plain" in memory, "the search looks at the real memory"
    assert found == []


@pytest.mark.parametrize("failure", ["missing", "not JSON", "two sources", "denied by policy, resolved"])
def test_the_layer_leaks_nothing_when_it_refuses(stores, managed, search, short_tmp, failure):
    seed(stores)
    failure = FAILURES[failure]
    stores.secret("prod/twice", json.dumps({"a-b": KEY.text, "a_b": LIST.text}))
    layers = [paths.LAYER]
    if failure.policy:
        (short_tmp / "layer/policy").mkdir(parents=True)
        (short_tmp / "layer/policy/rules.rego").write_text(failure.policy)
        layers.append(short_tmp / "layer")
    sandbox = managed({"VESTRY_LOG": "debug", **REFERENCES, **failure.env}, layers=layers)
    with watch.every_command_line(search) as in_command_lines, sandbox.cold_start() as running:
        answer = running.invoke()
    assert answer.status != 200
    assert failure.says in sandbox.said()
    assert search.find(answer.text) == []
    assert search.find(sandbox.said()) == [], sandbox.said()
    assert in_command_lines == set()
    assert search.find(watch.files_below(sandbox.tmp)) == []


def test_every_canary_is_somewhere(stores):
    """A canary that no reference asks for would prove nothing."""
    written = store()
    for canary in ALL:
        if canary is not DEFAULT:
            assert canary.core in written
    assert isinstance(LONG, Canary) and len(LONG.value) > 128 * 1024
