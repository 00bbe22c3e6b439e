"""A .tflite bundle on boards: deployed, tested and measured there, and on emulated ARM."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import onnx_ir as ir
import pytest

from edgec import pipeline
from edgec.compress import method
from edgec.demo.emulated import EMULATOR
from edgec.errors import BuildError
from edgec.examples import watch
from edgec.lower.backend import load_backend
from edgec.measure.bench import BenchOptions
from edgec.model.load import normalize
from edgec.model.torch_export import export_module
from edgec.target.target import load_target
from tests.unit.deploy.boards_here import KINDS, board_here, root_of
from tests.unit.deploy.releases import TARGET

pytest.importorskip("ai_edge_litert.schema_py_generated")
SYSROOT = Path("/usr/aarch64-linux-gnu")
QUICK = BenchOptions(warmup_s=0, min_time_s=0.01, max_time_s=5, min_iterations=11, energy=False)
CORE = ("processor\t: {}\nBogoMIPS\t: 108.00\nFeatures\t: fp asimd evtstrm crc32 cpuid\n"
        "CPU implementer\t: 0x41\nCPU architecture: 8\nCPU variant\t: 0x0\nCPU part\t: 0xd08\n"
        "CPU revision\t: 3\n\n")


@pytest.fixture(scope="module")
def quantized() -> ir.Model:
    model = normalize(export_module(*watch.model()))
    name = str(model.graph.inputs[0].name)
    given = method.Given([{name: x[None]} for x in watch.load().train.x[:16]])
    return method.run(method.load("quantize")(), model, given).model


def lowered(model: ir.Model, folder: Path, target: str = TARGET) -> pipeline.Bundle:
    return pipeline.lower_model(model, folder, name="watch", target=load_target(target),
                                backend="tflite")[0]


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_tflite_bundle_is_tested_and_measured_on_the_board(kind, quantized, tmp_path) -> None:
    bundle = lowered(quantized, tmp_path / "bundle")
    files = load_backend("tflite").device_files(bundle.triple)
    with board_here(kind, tmp_path / "board") as board:
        done = pipeline.release.deploy(board, bundle.path, files)
        assert done.self_tested
        assert (root_of(tmp_path / "board") / "current" / "lib" / "libLiteRt.so").is_file()
        document = pipeline.bench_board(bundle.path, board, options=QUICK)
    assert document["engine"]["isa"] == "litert"
    assert len(document["samples_ns"]) >= QUICK.min_iterations


@pytest.fixture
def sysroot(tmp_path: Path) -> Path:
    """What an emulated board shows: LiteRT reads of its cores, and must not see this machine's."""
    if shutil.which(EMULATOR) is None or not (SYSROOT / "lib").is_dir():
        pytest.skip(f"needs {EMULATOR} and aarch64-linux-gnu-g++ with its libraries")
    folder = tmp_path / "sysroot"
    cpus = folder / "sys" / "devices" / "system" / "cpu"
    cpus.mkdir(parents=True)
    (folder / "proc").mkdir()
    (folder / "lib").symlink_to(SYSROOT / "lib")
    (folder / "proc" / "cpuinfo").write_text("".join(CORE.format(i) for i in range(4)))
    for name in ("possible", "present", "online"):
        (cpus / name).write_text("0-3\n")
    (cpus / "kernel_max").write_text("3\n")
    return folder


@pytest.mark.slow
def test_litert_on_emulated_arm_gives_the_bytes_of_this_machine(quantized, tmp_path, sysroot
                                                               ) -> None:
    try:
        run, _bench, library = load_backend("tflite").device_files("aarch64")
    except BuildError as error:
        pytest.skip(str(error))
    bundle = lowered(quantized, tmp_path / "bundle")
    given = tmp_path / "x.npy"
    np.save(given, np.ascontiguousarray(watch.load().test.x[:4]))
    here = pipeline.run(bundle.path, [np.load(given)])[0]
    made = tmp_path / "y.npy"
    done = subprocess.run(
        [EMULATOR, "-cpu", "cortex-a72", "-L", str(sysroot), str(run), str(bundle.artifact_path),
         "--runtime-library", str(library), "--input", str(given), "--output", str(made)],
        capture_output=True, text=True, check=False, timeout=240)
    assert (done.returncode, done.stderr) == (0, "")
    assert np.load(made).tobytes() == here.tobytes()
