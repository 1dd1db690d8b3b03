"""Writes DIR.zip beside each DIR, the same bytes for the same content: zip_layer.py DIR..."""

import sys
import zipfile
from pathlib import Path

# Lambda unpacks as it is told: what a layer holds has to be readable, and its programs executable, for the sandbox user.
FILE, PROGRAM = 0o100644, 0o100755
# The earliest time that a zip can tell.
EPOCH = (1980, 1, 1, 0, 0, 0)


def write(directory: Path) -> None:
    target = directory.with_name(directory.name + ".zip")
    with zipfile.ZipFile(target, "w") as archive:
        for path in sorted(directory.rglob("*"), key=lambda p: p.relative_to(directory).as_posix()):
            if not path.is_file():
                continue
            entry = zipfile.ZipInfo(path.relative_to(directory).as_posix(), EPOCH)
            entry.create_system = 3  # Unix, so that the mode counts
            entry.external_attr = (PROGRAM if path.stat().st_mode & 0o100 else FILE) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes(), compresslevel=9)
    print(f"{target}: {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    for name in sys.argv[1:]:
        write(Path(name))
