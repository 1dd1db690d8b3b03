"""The layer as it is shipped, under the real runtime emulator and the real runtime client, moto as the stores."""

import hashlib
import json
import urllib.parse

import pytest

from support import paths, readers

# No file format lacks a way to write these.
VALUES = {"DB_PASSWORD": 's3cr€t "with" $HOME\nand a line', "STRIPE_KEY": "sk_'live'_0", "FLAG_A": "on # off"}
REFERENCES = {
    "DB_PASSWORD": "ssm:/prod/db/password",
    "STRIPE_KEY": "secretsmanager:prod/stripe#key",
    "FLAG": "ssm:/prod/flags/*",
}


def digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()


DIGESTS = {name: digest(value) for name, value in VALUES.items()}


@pytest.fixture
def seeded(stores):
    stores.parameter("/prod/db/password", VALUES["DB_PASSWORD"])
    stores.parameter("/prod/flags/a", VALUES["FLAG_A"])
    stores.secret("prod/stripe", json.dumps({"key": VALUES["STRIPE_KEY"]}))
    return stores


def assert_refused(sandbox, error_type: str, *words: str, left: list[str] | None = None) -> None:
    """The caller got an error, the log says why, and no line of the function ran."""
    with sandbox.cold_start() as running:
        answer = running.invoke()
        assert answer.status != 200, answer.text
    refusals = [line for line in sandbox.lines("init") if line["outcome"] == "refused"]
    assert refusals and {line["error_type"] for line in refusals} == {error_type}, sandbox.said()
    for word in words:
        assert word in str(refusals[0]["problems"]), sandbox.said()
    assert "Starting runtime" not in sandbox.said(), "the emulator's own word for it"
    assert not (sandbox.tmp / "first-line-ran").exists()
    assert leftovers(sandbox) == (left or [])


def leftovers(sandbox) -> list[str]:
    """Files and sockets; the run directory itself may stay, empty."""
    return [name for name in sandbox.left() if name != "vestry"]


def test_values_are_in_the_environment_and_in_that_of_a_child(seeded, managed):
    sandbox = managed(REFERENCES)
    with sandbox.cold_start() as running:
        body = running.invoke({"names": list(VALUES)}).body
        assert body["getenv"] == body["items"] == body["child"] == DIGESTS, sandbox.said()
        assert "FLAG" not in body["names"], "what a tree expands from is taken out"
        assert not [name for name in body["names"] if name.startswith("VESTRY_")]
        # The socket is gone as soon as it is read.
        assert not leftovers(sandbox)
        again = running.invoke({"names": list(VALUES)}).body
        assert again == body, "one process serves one invocation after another"
    assert (sandbox.tmp / "first-line-ran").exists()
    assert not leftovers(sandbox)
    assert [line["outcome"] for line in sandbox.lines("init")] == ["ready"]
    assert len(sandbox.lines("shutdown")) == 1, sandbox.said()


def test_a_manifest_in_the_package_is_found_where_lambda_has_it(seeded, managed):
    manifest = """
        [variables]
        DB_PASSWORD = "ssm:/prod/db/password"
        URL = "db://app:${password | urlencode}@host"
        CERT = { ref = "ssm:/prod/db/password", as = "file" }
        [references]
        password = "ssm:/prod/db/password"
        [[trees]]
        path = "ssm:/prod/flags/*"
        prefix = "FLAG_"
    """
    sandbox = managed({}, manifest=manifest)
    url = "db://app:" + urllib.parse.quote(VALUES["DB_PASSWORD"], safe="") + "@host"
    told = {name: DIGESTS[name] for name in ("DB_PASSWORD", "FLAG_A")} | {"URL": digest(url)}
    with sandbox.cold_start() as running:
        body = running.invoke({"names": list(told)}).body
        assert body and body["getenv"] == body["child"] == told, sandbox.said()
        assert (sandbox.tmp / "vestry/files/CERT").read_text() == VALUES["DB_PASSWORD"]
    assert not leftovers(sandbox)


def test_a_manifest_without_the_profile_that_is_chosen_refuses_init(seeded, managed):
    assert_refused(managed({"VESTRY_PROFILE": "prod"}, manifest="[variables]\n"), "Vestry.InvalidDeclaration", "no such profile")


def test_a_function_that_declares_nothing_starts_as_ever(seeded, managed):
    sandbox = managed({"PLAIN": "text"})
    with sandbox.cold_start() as running:
        assert running.invoke({"names": ["PLAIN"]}).body["getenv"] == {"PLAIN": digest("text")}, sandbox.said()
    assert not leftovers(sandbox)


def test_a_missing_secret_refuses_init(seeded, managed):
    sandbox = managed({**REFERENCES, "GONE": "secretsmanager:prod/gone", "LOST": "ssm:/prod/lost"})
    assert_refused(sandbox, "Vestry.NotFound", "GONE", "prod/gone", "LOST", "/prod/lost")


def test_a_policy_in_a_layer_refuses_init(seeded, managed, short_tmp):
    layer = short_tmp / "layer"
    rules = layer / "policy/rules.rego"
    rules.parent.mkdir(parents=True)
    rules.write_text(
        "package vestry.declare\n"
        'deny contains {"msg": "no Stripe on Sundays", "id": "sunday"} if {\n'
        '\tinput.references[_].name == "prod/stripe"\n'
        "}\n"
    )
    sandbox = managed(REFERENCES, layers=[paths.LAYER, layer])
    assert_refused(sandbox, "Vestry.PolicyDenied", "no Stripe on Sundays", "sunday")


def test_a_broken_policy_refuses_even_what_declares_nothing(seeded, managed, short_tmp):
    layer = short_tmp / "layer"
    (layer / "policy").mkdir(parents=True)
    (layer / "policy/rules.rego").write_text("package vestry.declare\ndeny contains {")
    assert_refused(managed({"PLAIN": "text"}, layers=[paths.LAYER, layer]), "Vestry.PolicyInvalid", "rules.rego")


def test_a_broken_declaration_refuses_init(seeded, managed):
    sandbox = managed({"DB_PASSWORD": "smm:/prod/db/password", "VESTRY_DELIVRY": "socket"})
    assert_refused(sandbox, "Vestry.InvalidDeclaration", "DB_PASSWORD", "ssm:", "VESTRY_DELIVRY", "VESTRY_DELIVERY")


@pytest.mark.parametrize("file_format", readers.OF_FORMAT)
def test_values_in_a_file(seeded, managed, file_format):
    sandbox = managed({**REFERENCES, "VESTRY_DELIVERY": "file", "VESTRY_FILE_FORMAT": file_format}, wrapper=False)
    with sandbox.cold_start() as running:
        body = running.invoke({"names": ["DB_PASSWORD"], "file": "/tmp/vestry/env"}).body
        assert body is not None and body["file"], sandbox.said()
        file = sandbox.tmp / "vestry/env"
        assert file.stat().st_mode & 0o777 == 0o600
        assert file.parent.stat().st_mode & 0o777 == 0o700
        for read in readers.OF_FORMAT[file_format]:
            found = read(file)
            assert {name: found.get(name) for name in VALUES} == VALUES, read.__name__
    assert not leftovers(sandbox), "the file is removed at SHUTDOWN"


def test_not_even_an_eager_function_runs_when_the_file_is_refused(seeded, managed):
    """Nothing of ours stands in front of such a function: the runtime itself must not be started."""
    sandbox = managed({"LOST": "ssm:/prod/lost", "VESTRY_DELIVERY": "file"}, wrapper=False)
    sandbox.task = paths.FUNCTIONS / "eager"
    assert_refused(sandbox, "Vestry.NotFound", "LOST")


def test_two_cold_starts_in_a_row(seeded, managed):
    sandbox = managed(REFERENCES)
    for _ in range(2):
        with sandbox.cold_start() as running:
            assert running.invoke({"names": list(VALUES)}).body["getenv"] == DIGESTS, sandbox.said()
    assert not leftovers(sandbox)
    assert [line["outcome"] for line in sandbox.lines("init")] == ["ready", "ready"]


def test_a_cold_start_after_a_crash_clears_what_was_left(seeded, managed):
    sandbox = managed({**REFERENCES, "VESTRY_DELIVERY": "file"}, wrapper=False)
    with sandbox.cold_start() as running:
        running.invoke()
        running.kill()
    assert leftovers(sandbox), "a killed extension cannot clean up"
    del sandbox.env["VESTRY_DELIVERY"]
    sandbox.env["AWS_LAMBDA_EXEC_WRAPPER"] = "/opt/vestry-exec"
    with sandbox.cold_start() as running:
        assert running.invoke({"names": list(VALUES)}).body["getenv"] == DIGESTS, sandbox.said()
        assert not leftovers(sandbox)


def test_a_run_directory_that_is_a_link_refuses_init(seeded, managed, short_tmp):
    sandbox = managed(REFERENCES)
    (sandbox.tmp / "elsewhere").mkdir()
    (sandbox.tmp / "vestry").symlink_to("/tmp/elsewhere")
    assert_refused(sandbox, "Vestry.UnsafeRunDirectory", left=["elsewhere"])


def test_a_compiled_function_on_an_os_only_runtime(seeded, provided):
    seeded.parameter("/prod/authorizer/token", "let-me-in")
    sandbox = provided({"API_TOKEN": "ssm:/prod/authorizer/token"})
    with sandbox.cold_start() as running:
        assert running.invoke({"token": "let-me-in"}).body == {"authorized": True}, sandbox.said()
        assert running.invoke({"token": "ssm:/prod/authorizer/token"}).body == {"authorized": False}
        assert len(running.programs("authorizer")) == 1, "bootstrap became the function; it did not start one"
        assert not running.programs("bootstrap")
    assert not leftovers(sandbox)


def test_a_compiled_function_is_refused_as_well(seeded, provided):
    assert_refused(provided({"API_TOKEN": "ssm:/prod/lost"}), "Vestry.NotFound", "API_TOKEN", "/prod/lost")


@pytest.mark.parametrize("handler", ["../authorizer", "/bin/true", "not-there"])
def test_a_handler_that_names_no_program_of_the_function(seeded, provided, handler):
    seeded.parameter("/prod/authorizer/token", "let-me-in")
    sandbox = provided({"API_TOKEN": "ssm:/prod/authorizer/token"}, handler)
    with sandbox.cold_start() as running:
        assert running.invoke({"token": "let-me-in"}).status != 200
    assert handler in sandbox.said()
