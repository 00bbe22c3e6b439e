"""Whole int8 models give the reference's bytes on every instruction set, emulated ARM included."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from edgec import pipeline
from edgec.compress import method
from edgec.demo.emulated import CPUS, EMULATOR
from edgec.examples import efficientnet_lite0, photographs, watch
from edgec.model.load import normalize
from edgec.model.torch_export import export_module
from edgec.target.target import load_target
from edgec.target.toolchain import build_engine

MODELS = {
    "watch": lambda: (watch.model(), watch.load().train.x[:16]),
    "efficientnet_lite0": lambda: (efficientnet_lite0.model(),
                                   photographs.views(photographs.CALIBRATION[:4], 2)),
}


@pytest.fixture(scope="module", params=MODELS)
def bundle(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):
    """A model in int8; its golden output is what the numpy reference gives."""
    made, inputs = MODELS[request.param]()
    model = normalize(export_module(*made))
    name = str(model.graph.inputs[0].name)
    quantize = method.load("quantize")(rounding="nearest", calibration="minmax")
    done = method.run(quantize, model, method.Given([{name: x[None]} for x in inputs]))
    folder: Path = tmp_path_factory.mktemp(request.param)
    found, placements = pipeline.lower_model(done.model, folder / "bundle", name=request.param,
                                             target=load_target("generic_x86_64"))
    assert {p.runs for p in placements} <= {"int8", "data movement"}
    return found


def check(bundle, engine: pipeline.Engine) -> None:
    given = [np.load(path) for path in bundle.golden_inputs]
    found = pipeline.run(bundle.path, given, engine)[0]
    assert found.tobytes() == np.load(bundle.golden_outputs[0]).tobytes()


@pytest.mark.slow
@pytest.mark.parametrize("isa", ["portable", "avx2", "avx512vnni"])
@pytest.mark.parametrize("threads", [1, 3])
def test_model_on_this_machine_has_the_references_bytes(bundle, isa: str, threads: int) -> None:
    flags = Path("/proc/cpuinfo").read_text()
    if {"avx2": "avx2", "avx512vnni": "avx512_vnni"}.get(isa, "") not in flags:
        pytest.skip(f"this CPU has no {isa}")
    check(bundle, pipeline.Engine(threads, isa))


@pytest.mark.slow
@pytest.mark.parametrize("cpu", CPUS)
def test_model_on_emulated_arm_has_the_references_bytes(bundle, cpu: str) -> None:
    if shutil.which(EMULATOR) is None or shutil.which("aarch64-linux-gnu-g++") is None:
        pytest.skip(f"needs {EMULATOR} and aarch64-linux-gnu-g++")
    program = str(build_engine("aarch64").run)
    check(bundle, pipeline.Engine(program=(EMULATOR, "-cpu", cpu, program)))
