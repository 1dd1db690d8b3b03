"""The policy's process of the released extension, which is a copy of it: how it ends, and what is made of that."""

import contextlib
import json
import os
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from support import paths
from support.watch import children, evaluates, eventually

HEAD = "package vestry.declare\n\n"
MEMORY = (
    HEAD
    + """r := numbers.range(1, 500)

deny contains "no" if count({[a, b] | some a in r; some b in r}) == 0
"""
)
BUSY = (
    HEAD
    + """most := numbers.range(1, 400)

deny contains "never" if {
	some a in most
	some b in most
	some c in most
	a + b + c < 0
}
"""
)


# One call of the engine's, which does not look at the clock.
ONE_CALL = (
    HEAD
    + """r := numbers.range(1, 9)

paths := {a: r | some a in r}

deny contains "no" if count(graph.reachable_paths(paths, r)) == 0
"""
)


@contextlib.contextmanager
def initialising(policy: str, tmp: Path, *, through: tuple[str, ...] = (), **env):
    """The extension, which nobody answers: what it decides is in its log."""
    (tmp / "policy").mkdir()
    (tmp / "policy/a.rego").write_text(policy)
    with socket.create_server(("127.0.0.1", 0)) as api:
        env = {"VESTRY_POLICY_TIMEOUT_MS": "60000", "VESTRY_DEADLINE_MS": "60000", **env}
        env |= {"AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{api.getsockname()[1]}", "VESTRY_RUN_DIR": str(tmp / "run")}
        env |= {"VESTRY_POLICY": str(tmp / "policy")}
        program = paths.LAYER / "extensions/vestry"
        with subprocess.Popen([*through, program], env=env, stdout=subprocess.PIPE, text=True) as extension:
            try:
                yield extension
            finally:
                extension.kill()


def problem(extension) -> str:
    """The one thing that its INIT was refused for."""
    for line in extension.stdout:
        event = json.loads(line)
        if event["event"] == "init":
            assert (event["outcome"], event["error_type"]) == ("refused", "Vestry.PolicyInvalid")
            [problem] = event["problems"]
            return problem["why"]
    raise AssertionError("it said nothing")


def child_of(process: int) -> int:
    [child] = eventually(lambda: children(process))
    return child


def test_what_takes_more_memory_than_it_may_is_told_by_its_rule(short_tmp):
    with initialising(MEMORY, short_tmp, VESTRY_POLICY_MEMORY_MB="16") as extension:
        rule = f"data.vestry.declare.deny of {short_tmp}/policy"
        assert problem(extension) == f"policy took more than the 16 MB of VESTRY_POLICY_MEMORY_MB evaluating {rule}"


def test_what_takes_too_long_is_told_and_nothing_is_left_of_it(short_tmp):
    with initialising(ONE_CALL, short_tmp, VESTRY_POLICY_TIMEOUT_MS="300") as extension:
        child = child_of(extension.pid)
        at = f"evaluating data.vestry.declare.deny of {short_tmp}/policy"
        assert problem(extension) == f"policy was not done deciding vestry.declare after 300 ms in all ({at})"
        assert not Path(f"/proc/{child}").exists()


@pytest.mark.parametrize("death", [signal.SIGKILL, signal.SIGXCPU])
def test_a_process_that_dies_refuses(death, short_tmp):
    told = {
        signal.SIGKILL: "policy had its process killed from outside (signal 9) ",
        signal.SIGXCPU: "policy took more CPU time than VESTRY_POLICY_TIMEOUT_MS allows ",
    }
    with initialising(BUSY, short_tmp) as extension:
        child = child_of(extension.pid)
        eventually(lambda: evaluates(child))
        os.kill(child, death)
        assert problem(extension) == f"{told[death]}evaluating data.vestry.declare.deny of {short_tmp}/policy"


def test_it_does_not_outlive_the_extension(short_tmp):
    with initialising(BUSY, short_tmp) as extension:
        child = child_of(extension.pid)
        eventually(lambda: evaluates(child))
        extension.kill()
        extension.wait()
        eventually(lambda: not is_running(child))


def is_running(process: int) -> bool:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    return False


HIDDEN = ("/usr/bin/unshare", "-m", "/bin/sh", "-c", 'mount -t tmpfs none /proc && exec "$@"', "sh")


@pytest.mark.skipif(subprocess.run([*HIDDEN, "true"], capture_output=True).returncode, reason="/proc cannot be hidden here")
def test_where_it_can_neither_forget_nor_be_started_anew_it_says_so(short_tmp):
    with initialising(BUSY, short_tmp, through=HIDDEN) as extension:
        assert problem(extension) == "policy has no process to be evaluated in: No such file or directory (os error 2)"
