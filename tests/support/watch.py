"""Looks at other processes from outside: their command lines, and as root their memory."""

import contextlib
import re
import threading
import time
from pathlib import Path

from support.canaries import Search

MAPPING = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) r")


def command_lines() -> bytes:
    """Those of every process on the machine."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            found.append(path.read_bytes())
    return b"\n".join(found)


@contextlib.contextmanager
def every_command_line(search: Search):
    """While the body runs, searches command lines over and over; yields the set of what was found."""
    found: set[str] = set()
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            found.update(search.find(command_lines()))
            time.sleep(0.002)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield found
    finally:
        done.set()
        thread.join()


def memory(pid: int) -> bytes:
    """All that the process may read of its own memory."""
    parts = []
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as mem:
        for line in maps:
            match = MAPPING.match(line)
            if match and "[v" not in line:  # vdso, vvar, vsyscall: the kernel's
                start, end = (int(n, 16) for n in match.groups())
                with contextlib.suppress(OSError, ValueError):
                    mem.seek(start)
                    parts.append(mem.read(end - start))
    return b"\0".join(parts)


def files_below(*directories: Path) -> bytes:
    """The names and contents of every file, a link by where it points."""
    found = []
    for directory in directories:
        for path in sorted(directory.rglob("*")):
            found.append(str(path).encode(errors="surrogateescape"))
            if path.is_symlink():
                found.append(str(path.readlink()).encode(errors="surrogateescape"))
            elif path.is_file():
                found.append(path.read_bytes())
    return b"\n".join(found)


def eventually(what):
    """What it comes to, once that is something."""
    for _ in range(600):
        if found := what():
            return found
        time.sleep(0.02)
    raise AssertionError("it never came")


def children(process: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def evaluates(process: int) -> bool:
    """Whether the policy's process has come to a rule; before, its standard error may be another's."""
    said = Path(f"/proc/{process}/fd/2")
    return "vestry-policy" in str(said.readlink()) and b"evaluating" in said.read_bytes()
