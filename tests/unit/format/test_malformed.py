"""The engine refuses every file of tests/cases/malformed with its own status, and edgec too."""

import runpy
import subprocess
from pathlib import Path

import pytest

from edgec.errors import FormatError
from edgec.format import reader
from edgec.target.toolchain import build_engine

CASES = Path(__file__).resolve().parents[2] / "cases" / "malformed"
FILES = sorted(CASES.glob("*.edgec"))
VALID = [path for path in FILES if path.stem.startswith("valid")]
MALFORMED = [path for path in FILES if path not in VALID]
# What an op means by its inputs is the engine's to check, not the container's.
OF_OPS = ("op", "op_type", "op_shape", "op_param")


def run(path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(build_engine().run), str(path), "--info"], capture_output=True,
                          text=True, check=False)


def kind(path: Path) -> str:
    """`tensor_type` of tensor_type-packed_in_arena.edgec."""
    return path.stem.split("-")[0]


def test_the_files_are_those_that_make_writes():
    made = runpy.run_path(str(CASES / "make.py"), run_name="make")["files"]()
    assert {path.name: path.read_bytes() for path in FILES} == made


def test_every_status_of_a_malformed_file_has_a_case():
    header = (CASES.parents[2] / "cpp" / "include" / "edgec" / "edgec.h").read_text()
    codes = [line.split("=") for line in header.splitlines() if "EDGEC_E_" in line and "= " in line]
    names = {code[0].strip() for code in codes if int(code[1].split(",")[0].split("/")[0]) >= 20}
    assert {f"EDGEC_E_{kind(path).upper()}" for path in MALFORMED} == names


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_a_valid_file_is_taken_by_both(path):
    assert run(path).returncode == 0
    assert reader.read(path.read_bytes()).name == "malformed"


@pytest.mark.parametrize("path", MALFORMED, ids=lambda path: path.stem)
def test_the_engine_refuses_a_malformed_file_with_its_own_status(path):
    done = run(path)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith(f"edgec-run: EDGEC_E_{kind(path).upper()}: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("path", [p for p in MALFORMED if kind(p) not in OF_OPS],
                         ids=lambda path: path.stem)
def test_edgec_refuses_a_malformed_file(path):
    with pytest.raises(FormatError, match=r"malformed \.edgec file"):
        reader.read(path.read_bytes())
