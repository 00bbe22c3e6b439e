"""Bundles that bring another runtime along, LiteRT or TVM: deployed to boards, tested and measured
there, and run on emulated ARM."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
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

# By backend: its package, and its library on a board.
RUNTIMES = {"tflite": ("ai_edge_litert", "libLiteRt.so"), "tvm": ("tvm", "libedgec_tvm.so")}
EMULATED = "raspberry_pi_4"
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


@pytest.fixture(params=RUNTIMES)
def backend(request: pytest.FixtureRequest) -> str:
    package = RUNTIMES[request.param][0]
    if find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
    return str(request.param)


def lowered(model: ir.Model, folder: Path, backend: str, target: str = TARGET) -> pipeline.Bundle:
    return pipeline.lower_model(model, folder, name="watch", target=load_target(target),
                                backend=backend)[0]


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_bundle_is_tested_and_measured_on_the_board(kind, backend, quantized, tmp_path) -> None:
    bundle = lowered(quantized, tmp_path / "bundle", backend)
    files = load_backend(backend).device_files(bundle.triple)
    with board_here(kind, tmp_path / "board") as board:
        done = pipeline.release.deploy(board, bundle.path, files)
        assert done.self_tested
        assert (root_of(tmp_path / "board") / "current" / "lib" / RUNTIMES[backend][1]).is_file()
        document = pipeline.bench_board(bundle.path, board, options=QUICK)
    assert document["bundle"]["backend"] == backend
    assert len(document["samples_ns"]) >= QUICK.min_iterations


@pytest.fixture
def sysroot(tmp_path: Path) -> Path:
    """What an emulated board shows: runtimes read of its cores, and must not see this machine's."""
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
def test_emulated_arm_gives_the_bytes_of_this_machine(backend, quantized, tmp_path, sysroot
                                                      ) -> None:
    try:
        run, _bench, library, *_ = load_backend(backend).device_files("aarch64")
    except BuildError as error:
        pytest.skip(str(error))
    given = np.ascontiguousarray(watch.load().test.x[:4])
    here = lowered(quantized, tmp_path / "here", backend)
    there = lowered(quantized, tmp_path / "there", backend, EMULATED)
    program = (EMULATOR, "-cpu", "cortex-a72", "-L", str(sysroot), str(run),
               "--runtime-library", str(library))
    expected = pipeline.run(here.path, [given])[0]
    found = pipeline.run(there.path, [given], pipeline.Engine(program=program))[0]
    assert found.tobytes() == expected.tobytes()
