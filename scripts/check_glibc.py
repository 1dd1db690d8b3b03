"""Fails when a program needs a newer glibc than the one named: check_glibc.py 2.26 PROGRAM..."""

import sys
from pathlib import Path

from elftools.elf.elffile import ELFFile
from elftools.elf.gnuversions import GNUVerNeedSection


def needed(program: Path) -> list[str]:
    """The symbol versions of glibc that the program asks the loader for, such as `GLIBC_2.17`."""
    with program.open("rb") as file:
        sections = ELFFile(file).iter_sections()
        return [
            symbol.name
            for section in sections
            if isinstance(section, GNUVerNeedSection)
            for _, symbols in section.iter_versions()
            for symbol in symbols
            if symbol.name.startswith("GLIBC_")
        ]


def number(version: str) -> tuple[int, ...]:
    digits = version.removeprefix("GLIBC_").split(".")
    # GLIBC_PRIVATE and GLIBC_ABI_DT_RELR are promises of no release: newer than any.
    return tuple(map(int, digits)) if all(d.isdigit() for d in digits) else (sys.maxsize,)


def main() -> int:
    limit, *programs = sys.argv[1:]
    if not programs:
        print(__doc__, file=sys.stderr)
        return 2
    status = 0
    for program in map(Path, programs):
        symbols = sorted(needed(program), key=number)
        if not symbols:
            print(f"{program}: asks for no glibc at all: linked statically, or not for Linux with glibc", file=sys.stderr)
            status = 1
        elif number(symbols[-1]) > number(limit):
            print(f"{program}: needs {symbols[-1]}, newer than GLIBC_{limit}", file=sys.stderr)
            status = 1
        else:
            print(f"{program}: needs {symbols[-1]} at most")
    return status


if __name__ == "__main__":
    sys.exit(main())
