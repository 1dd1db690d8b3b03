"""What `make layer` left in target/layer."""

import os
import stat
import subprocess
import sys
import zipfile

import pytest
from elftools.elf.elffile import ELFFile

from support import paths
from support.programs import run

DF_1_PIE = 0x0800_0000

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


@pytest.mark.parametrize("program", ["extensions/vestry", "vestry-exec"])
def test_a_program_needs_no_loader_and_no_library_and_lies_anywhere(program):
    target = subprocess.run(
        [paths.ROOT / "scripts/layer_target.sh", os.uname().machine], check=True, capture_output=True, text=True
    ).stdout.strip()
    if not target.endswith("-musl"):
        pytest.skip("built with this machine's C library: there is no Rust standard library for musl")
    with open(paths.LAYER / program, "rb") as file:
        elf = ELFFile(file)
        dynamic = {tag.entry.d_tag: tag for tag in elf.get_section_by_name(".dynamic").iter_tags()}
        assert elf.header.e_type == "ET_DYN" and dynamic["DT_FLAGS_1"].entry.d_val & DF_1_PIE
        assert "DT_NEEDED" not in dynamic
        assert not [segment for segment in elf.iter_segments() if segment.header.p_type == "PT_INTERP"]


@pytest.mark.parametrize("program, status", [("extensions/vestry", 2), ("vestry-exec", 2)])
def test_a_program_of_the_layer_says_what_it_is_outside_lambda(program, status):
    ran = run([paths.LAYER / program], {})
    assert ran.status == status, ran.said
    assert "vestry" in ran.said and "panicked" not in ran.said


def test_the_programs_are_stripped():
    """By the linker, since the order of a start goes by names that the profile's own way would change."""

    def has_symbols(program) -> bool:
        with open(program, "rb") as file:
            return ELFFile(file).get_section_by_name(".symtab") is not None

    for program in ("extensions/vestry", "vestry-exec"):
        assert not has_symbols(paths.LAYER / program), program
    assert has_symbols(paths.VESTRY), "what the tests use has them"
