"""What an ELF file asks for, against binutils' reading of the same files."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from edgec.deploy.elf import read_elf
from edgec.errors import BuildError
from tests.unit.deploy.releases import TRIPLE, engine_programs

FILES = (Path(sys.executable).resolve(), *engine_programs())


def by_binutils(path: Path) -> dict[str, tuple[int, ...]]:
    said = subprocess.run(["readelf", "--version-info", "--wide", str(path)], check=True,
                          capture_output=True, text=True).stdout
    needs = said[said.index("Version needs section"):]
    found: dict[str, tuple[int, ...]] = {}
    for name, version in re.findall(r"Name: (GLIBC|GLIBCXX)_([0-9.]+) ", needs):
        found[name] = max(found.get(name, ()), tuple(map(int, version.split("."))))
    return found


@pytest.mark.skipif(shutil.which("readelf") is None, reason="readelf is not installed")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_versions_are_those_that_readelf_tells(path: Path) -> None:
    elf = read_elf(path)
    assert elf is not None
    assert elf.triple == TRIPLE
    assert elf.needs == by_binutils(path)
    assert elf.needs["GLIBC"] >= (2, 2)


def test_programs_need_no_libstdcxx_of_the_board() -> None:
    assert all("GLIBCXX" not in read_elf(path).needs for path in engine_programs())


def test_other_file_is_none(tmp_path: Path) -> None:
    (tmp_path / "script").write_text("#!/bin/sh\necho a script is not ELF\n")
    assert read_elf(tmp_path / "script") is None


def test_file_that_is_cut_short_is_refused(tmp_path: Path) -> None:
    cut = tmp_path / "cut"
    cut.write_bytes(engine_programs()[0].read_bytes()[:1000])
    with pytest.raises(BuildError, match="cannot be understood"):
        read_elf(cut)
