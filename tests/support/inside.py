"""Runs first thing inside a fresh mount namespace: lays out the file system as Lambda's sandbox, then execs.

    inside.py '{"mounts": {TARGET: [SOURCE...]}, "keep": [DIR...], "open": bool, "cwd": DIR}' CMD ARGS...

Each target gets its one source bound over it, or, of several, a directory in which the entries of all of them lie,
as layers do in /opt. What lies under a target but has to stay reachable is named in `keep`. With `open`, those are
also made reachable for other users: in this namespace only.
"""

import ctypes
import json
import os
import stat
import sys
from pathlib import Path

MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 1 << 18
libc = ctypes.CDLL(None, use_errno=True)


def mount(source: str, target: Path, kind: str, flags: int, options: str = "") -> None:
    if libc.mount(source.encode(), os.fsencode(target), kind.encode(), ctypes.c_ulong(flags), options.encode()) != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"mount {source} on {target}: {os.strerror(error)}")


def tmpfs(target: Path) -> None:
    mount("tmpfs", target, "tmpfs", 0, "mode=0755")


def bind(held: int, target: Path) -> None:
    """Binds what a descriptor holds, wherever it was: its path may be hidden by now."""
    if stat.S_ISDIR(os.fstat(held).st_mode):
        target.mkdir(parents=True, exist_ok=True)
    else:
        target.touch()
    mount(f"/proc/self/fd/{held}", target, "none", MS_BIND | MS_REC)


def hold(path: Path) -> int:
    return os.open(path, os.O_PATH)


def closed_to_others(path: Path) -> Path | None:
    """The topmost directory on the way to `path` that another user may not pass."""
    way = [*reversed(path.parents), path]
    return next((p for p in way if not p.stat().st_mode & stat.S_IXOTH), None)


def lay_over(target: Path, sources: list[int]) -> None:
    if len(sources) == 1:
        bind(sources[0], target)
        return
    tmpfs(target)
    for source in sources:
        directory = Path(f"/proc/self/fd/{source}")
        for entry in directory.iterdir():
            bind(hold(entry), target / entry.name)


def main() -> None:
    plan, command = json.loads(sys.argv[1]), sys.argv[2:]
    mount("none", Path("/"), "none", MS_REC | MS_PRIVATE)
    keep = {Path(path): hold(Path(path)) for path in plan["keep"]}
    mounts = {Path(target): [hold(Path(s)) for s in sources] for target, sources in plan["mounts"].items()}
    if plan["open"]:
        for path in keep:
            while (closed := closed_to_others(path)) is not None:
                tmpfs(closed)
                for other, held in keep.items():
                    if other.is_relative_to(closed):
                        bind(held, other)
    for target, sources in mounts.items():
        lay_over(target, sources)
        for path, held in keep.items():
            if path.is_relative_to(target):
                bind(held, path)
    # By its path in here: what it was outside may lie elsewhere now.
    os.chdir(plan["cwd"])
    # The interpreter may have set this for itself; the environment is the test's to build.
    os.environ.pop("LC_CTYPE", None)
    os.execv(command[0], command)


if __name__ == "__main__":
    main()
