"""aws-lambda-rie around a function, with layers at /opt and a /tmp of its own, in a private mount namespace.

As root the namespace is plain; an ordinary user makes one through a user namespace. Tests run both ways where they can.
"""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from support import paths

NOBODY = 65534
INSIDE = Path(__file__).with_name("inside.py")


@dataclass
class Answer:
    status: int
    body: object
    text: str


@dataclass
class Sandbox:
    """Where one function lives. `tmp` is its /tmp and outlives a cold start; nothing else of the host is changed."""

    tmp: Path
    layers: list[Path]
    command: list[str]
    task: Path
    env: dict[str, str]
    as_user: bool = False
    # What lies at /var in it, with the function's package as /var/task; the machine's own where there is none.
    var: Path | None = None
    output: Path = field(init=False)

    def __post_init__(self):
        self.output = self.tmp.with_name(self.tmp.name + ".output")
        self.tmp.mkdir(exist_ok=True)
        if self.as_user and os.getuid() == 0:
            os.chown(self.tmp, NOBODY, NOBODY)

    @contextlib.contextmanager
    def cold_start(self):
        """Starts the emulator (INIT itself waits for the first invocation); on leaving, SHUTDOWN."""
        invoke_port, api_port = free_ports(2)
        emulator = [
            str(paths.rie()),
            *("--runtime-interface-emulator-address", f"127.0.0.1:{invoke_port}"),
            *("--runtime-api-address", f"127.0.0.1:{api_port}"),
            *self.command,
        ]
        task = "/var/task" if self.var else str(self.task)
        mounts = {"/tmp": [self.tmp], "/opt": self.layers} | ({"/var": [self.var]} if self.var else {})
        with self.output.open("ab") as output:
            process = subprocess.Popen(
                in_namespace(emulator, mounts, self.as_user, task),
                env={"LAMBDA_TASK_ROOT": task, **self.env},
                cwd=self.task,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        running = Running(process, invoke_port, self)
        try:
            running.wait_until_listening()
            yield running
        finally:
            running.shut_down()

    def said(self) -> str:
        """All that the emulator, the extension and the function wrote, of all cold starts."""
        return self.output.read_text(errors="surrogateescape")

    def lines(self, event: str) -> list[dict]:
        """The extension's own log lines of one kind."""
        found = []
        for line in self.said().splitlines():
            with contextlib.suppress(ValueError):
                parsed = json.loads(line)
                if isinstance(parsed, dict) and parsed.get("event") == event:
                    found.append(parsed)
        return found

    def left(self) -> list[str]:
        """The files in its /tmp, without what the function itself and the emulator's own set-up made."""
        found = (p.relative_to(self.tmp) for p in self.tmp.rglob("*"))
        kept = [p.relative_to("/tmp") for p in paths.everything_that_programs_read() if p.is_relative_to("/tmp")]
        return sorted(str(p) for p in found if str(p) != "first-line-ran" and not any(k.is_relative_to(p) for k in kept))


@dataclass
class Running:
    process: subprocess.Popen
    port: int
    sandbox: Sandbox

    def wait_until_listening(self) -> None:
        for _ in range(1000):
            if self.process.poll() is not None:
                raise RuntimeError(f"the emulator ended with {self.process.returncode}: {self.sandbox.said()}")
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.01)
        raise RuntimeError(f"the emulator does not listen: {self.sandbox.said()}")

    def invoke(self, event: object = None) -> Answer:
        url = f"http://127.0.0.1:{self.port}/2015-03-31/functions/function/invocations"
        request = urllib.request.Request(url, json.dumps(event or {}).encode(), method="POST")
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                status, text = response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read().decode()
        try:
            body = json.loads(text)
        except ValueError:
            body = None
        return Answer(status, body, text)

    def programs(self, name: str) -> list[int]:
        """The processes of this sandbox whose program has this name."""
        return [pid for pid in descendants(self.process.pid) if program(pid) == name]

    def shut_down(self) -> None:
        """As Lambda does: SHUTDOWN to the extensions, then the end of everything."""
        everything = descendants(self.process.pid)
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(10)
        self.kill(everything)

    def kill(self, everything: list[int] | None = None) -> None:
        """The sandbox is gone from one moment to the next."""
        # The emulator last: an extension that sees it go would still clean up.
        for pid in [*(everything or descendants(self.process.pid)), self.process.pid]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(10)


def in_namespace(command: list[str], mounts: dict[str, list[Path]], as_user: bool, cwd: str = "/") -> list[str]:
    """The command line that runs `command` in `cwd` with `mounts`; `as_user` from a user that is not root."""
    keep = [str(path) for path in paths.everything_that_programs_read()]
    plan = {"mounts": {target: [str(s) for s in sources] for target, sources in mounts.items()}, "keep": keep}
    python = [str(paths.PYTHON), str(INSIDE)]
    inside = [*python, json.dumps({**plan, "open": False, "cwd": cwd}), *command]
    if os.getuid() != 0:
        return ["/usr/bin/unshare", "-Urm", *inside]
    if not as_user:
        return ["/usr/bin/unshare", "-m", *inside]
    sources = [str(s) for several in mounts.values() for s in several]
    opening = json.dumps({"mounts": {}, "keep": keep + sources, "open": True, "cwd": "."})
    drop = [shutil.which("setpriv") or "/usr/bin/setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    return ["/usr/bin/unshare", "-m", *python, opening, *drop, "/usr/bin/unshare", "-Urm", *inside]


def user_namespaces_work() -> bool:
    """Whether an ordinary user may make one here."""
    probe = in_namespace(["/bin/true"], {}, as_user=True)
    return subprocess.run(probe, env={}, capture_output=True).returncode == 0


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def descendants(pid: int) -> list[int]:
    """All processes below `pid`, by parentage: an extension leaves its process group, but not its parent."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                children.setdefault(parent, []).append(int(entry.name))
    found, todo = [], [pid]
    while todo:
        below = children.get(todo.pop(), [])
        found += below
        todo += below
    return found


def program(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0].decode(errors="replace").rpartition("/")[2]
    return ""
