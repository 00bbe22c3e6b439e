"""Kernel files of one instruction set put nothing into the program that others could pick up.

An inline function or template that such a file emits as a weak symbol can replace the copy compiled
for the lowest CPU at link time, and crash there. The objects are those of scripts/test-cpp.
"""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SUITES = {"test-host": "nm", "test-aarch64": "aarch64-linux-gnu-nm"}
ISA_OBJECT = re.compile(r"_(avx2|avxvnni|avx512vnni|neon|neondot|i8mm)\.cc\.o$")


@pytest.mark.parametrize(("suite", "nm"), SUITES.items())
def test_objects_of_one_instruction_set_hold_no_weak_symbols(suite: str, nm: str) -> None:
    folder = ROOT / "build" / suite
    objects = [p for p in folder.rglob("*.cc.o") if ISA_OBJECT.search(p.name)]
    if not objects or shutil.which(nm) is None:
        pytest.skip(f"{folder.name} was not built by scripts/test-cpp, or there is no {nm}")
    listing = subprocess.run([nm, "--print-file-name", "--defined-only", *map(str, objects)],
                             capture_output=True, text=True, check=True).stdout
    weak = [line for line in listing.splitlines() if line.split()[-2] in ("W", "V", "w", "v", "u")]
    assert len(objects) >= 10
    assert not weak
