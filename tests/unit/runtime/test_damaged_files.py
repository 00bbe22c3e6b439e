"""edgec-run and files of other runtimes that are damaged though their sha256 may be right: one line
and exit code 1, never a signal.
"""

from __future__ import annotations

import runpy
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

from edgec.lower.backend import load_backend
from edgec.target.toolchain import host_triple

CASES = Path(__file__).resolve().parents[2] / "cases"
LIBRARIES, MODELS = CASES / "malformed_so", CASES / "malformed_tflite"
MADE = runpy.run_path(str(LIBRARIES / "make.py"), run_name="make")
STRUCTURAL = ("truncated-", "offset-", "vector-")  # the others are whole, and wrong in meaning
# Without make.py, which needs a package: its files are checked elsewhere.
WRONG_MODELS = sorted(path.stem for path in MODELS.glob("*.tflite") if path.stem != "valid")
PACKAGES = {"tflite": "ai_edge_litert", "tvm": "tvm_ffi"}


def run(backend: str, path: Path) -> subprocess.CompletedProcess[str]:
    if find_spec(PACKAGES[backend]) is None:
        pytest.skip(f"{PACKAGES[backend]} is not installed")
    return subprocess.run([*load_backend(backend).host_programs().run, str(path), "--info"],
                          capture_output=True, text=True, check=False, timeout=60)


def require_refusal(done: subprocess.CompletedProcess[str], message: str) -> None:
    assert done.returncode == 1, done.stderr
    assert message in done.stderr
    assert done.stderr.startswith("edgec-run: EDGEC_E_RUNTIME: ")
    assert done.stderr.count("\n") == 1


def test_valid_model_is_run() -> None:
    assert run("tflite", MODELS / "valid.tflite").returncode == 0


@pytest.mark.parametrize("name", [n for n in WRONG_MODELS
                                  if n.startswith(STRUCTURAL)])
def test_model_that_points_out_of_its_file_is_refused(name: str) -> None:
    message = "identifier" if name == "truncated-identifier" else "is damaged"
    require_refusal(run("tflite", MODELS / f"{name}.tflite"), message)


@pytest.mark.parametrize("name", [n for n in WRONG_MODELS
                                  if not n.startswith(STRUCTURAL)])
def test_model_that_is_wrong_in_meaning_ends_without_a_signal(name: str) -> None:
    assert run("tflite", MODELS / f"{name}.tflite").returncode in (0, 1)


@pytest.mark.skipif(host_triple() != "x86_64", reason="the libraries are of x86-64")
@pytest.mark.parametrize("name", MADE["MALFORMED"])
def test_library_that_is_malformed_is_refused(name: str) -> None:
    require_refusal(run("tvm", LIBRARIES / f"{name}.so"), MADE["MALFORMED"][name])


def test_cases_on_disk_are_what_make_writes() -> None:
    made = {f"{name}.so": data for name, data in MADE["files"]().items()}
    assert {path.name: path.read_bytes() for path in LIBRARIES.glob("*.so")} == made
    assert set(MADE["MALFORMED"]) == set(MADE["files"]())
