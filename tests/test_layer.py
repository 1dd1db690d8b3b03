"""What `make layer` left in target/layer."""

import os
import stat
import subprocess
import sys
import zipfile

import pytest

from support import paths
from support.programs import run

HOLDS = {
    "vestry": ["extensions/vestry", "vestry-exec"],
    "vestry-provided": ["bootstrap", "extensions/vestry", "vestry-exec"],
}


def tree(directory) -> dict[str, bytes]:
    return {p.relative_to(directory).as_posix(): p.read_bytes() for p in directory.rglob("*") if p.is_file()}


@pytest.mark.parametrize("layer", [*HOLDS, "policy"])
def test_a_zip_is_what_lies_beside_it(layer):
    unpacked = tree(paths.LAYER.parent / layer)
    with zipfile.ZipFile(paths.LAYER.parent / f"{layer}.zip") as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == unpacked
        assert archive.namelist() == sorted(unpacked)
        for entry in archive.infolist():
            mode = entry.external_attr >> 16
            assert stat.S_ISREG(mode)
            assert mode & 0o777 == (0o644 if layer == "policy" else 0o755), entry.filename
            assert entry.date_time == (1980, 1, 1, 0, 0, 0)
    if layer in HOLDS:
        assert sorted(unpacked) == HOLDS[layer]


def test_a_zip_is_the_same_when_it_is_made_again(tmp_path):
    made = []
    for attempt in ("one", "two"):
        copy = tmp_path / attempt / "layer"
        for name, content in tree(paths.LAYER_PROVIDED).items():
            file = copy / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
            file.chmod(0o755)
            os.utime(file, (len(made), len(made)))
        subprocess.run([sys.executable, paths.ROOT / "scripts/zip_layer.py", copy], check=True, capture_output=True)
        made.append(copy.with_suffix(".zip").read_bytes())
    assert made[0] == made[1] == (paths.LAYER.parent / "vestry-provided.zip").read_bytes()


@pytest.mark.parametrize("limit, passes", [("2.26", True), ("2.9", False)])
def test_the_programs_need_no_newer_glibc(limit, passes):
    programs = [paths.LAYER / "extensions/vestry", paths.LAYER / "vestry-exec"]
    checked = run([paths.PYTHON, paths.ROOT / "scripts/check_glibc.py", limit, *programs], {})
    assert (checked.status == 0) == passes, checked.said


def test_what_has_no_glibc_at_all_does_not_pass():
    checked = run([paths.PYTHON, paths.ROOT / "scripts/check_glibc.py", "2.26", paths.rie()], {})
    assert checked.status == 1, checked.said


@pytest.mark.parametrize("program, status", [("extensions/vestry", 2), ("vestry-exec", 2)])
def test_a_program_of_the_layer_says_what_it_is_outside_lambda(program, status):
    ran = run([paths.LAYER / program], {})
    assert ran.status == status, ran.said
    assert "vestry" in ran.said and "panicked" not in ran.said
