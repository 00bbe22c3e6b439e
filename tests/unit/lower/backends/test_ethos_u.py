"""Ethos-U through the real Vela: what is emitted, what is told, and what goes wrong."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from edgec import pipeline
from edgec.errors import LoweringError, MissingExtra, UnsupportedOps, UsageError
from edgec.lower.backend import Compiled, Site, load_backend, require_supported
from edgec.lower.backends.ethos_u import c_array, vela
from edgec.lower.graph import Graph
from edgec.lower.lower import lower, specialize
from edgec.lower.plan import plan
from edgec.target.target import load_target
from tests.contract.op_cases import cases_of
from tests.unit.lower.lower_models import as_ir, float_model
from tests.unit.measure.parity.quantized import models

NAMES = ("ethos_u55_128", "ethos_u55_256", "ethos_u65_512", "ethos_u85_256")
U55 = load_target("ethos_u55_128")
BACKEND = load_backend("ethos_u")
NPU = U55.npu
pytestmark = pytest.mark.skipif(find_spec("ethosu") is None, reason="ethos-u-vela is not installed")


def graph_of(name: str) -> Graph:
    return specialize(lower(models(name)[1]), BACKEND, U55)


def compiled(name: str, target: str = "ethos_u55_128") -> Compiled:
    graph = graph_of(name)
    return BACKEND.compile(graph, plan(graph), load_target(target))


@pytest.mark.parametrize("target", NAMES)
def test_compiles_for_every_npu_with_an_estimate_that_says_what_it_is(target: str) -> None:
    npu = load_target(target).npu
    found = compiled("convnet", target).report["npu"]
    assert npu is not None
    assert found["source"].startswith("compiler estimate of ethos-u-vela ")
    assert (found["accelerator"], found["system_config"], found["memory_mode"]) == (
        npu.accelerator, npu.system_config, npu.memory_mode)
    assert found["cycles"] > 100
    assert found["inferences_per_second"] == pytest.approx(found["clock_hz"] / found["cycles"])
    assert found["sram_bytes"] > 256
    assert sum(row["macs"] for row in found["layers"]) == found["macs"]


def test_int8_layers_are_on_the_npu_and_float_ones_on_the_cpu_with_velas_reason() -> None:
    placed, graph = compiled("convnet").placed, graph_of("convnet")
    assert set(placed) == {node.name for node in graph.nodes}
    for node in graph.nodes:
        runs, why = placed[node.name]
        if node.op in ("conv2d", "depthwise_conv2d", "fully_connected", "add", "max_pool2d"):
            assert (runs, why) == ("NPU", "")
        if node.op == "dequantize":
            assert runs == "CPU"
            assert why == "Vela: DEQUANTIZE: Unsupported opType"


def test_node_of_several_operators_on_the_cpu_is_one_row_with_a_reason() -> None:
    placed, graph = compiled("encoder").placed, graph_of("encoder")
    norm, = (n for n in graph.nodes if n.op == "layer_norm")
    runs, why = placed[norm.name]
    assert runs == "CPU"
    assert "unsupported DataType Float32" in why


def test_same_graph_gives_the_same_bytes() -> None:
    assert compiled("encoder") == compiled("encoder")


def test_node_that_vela_refuses_is_listed_with_the_way_out() -> None:
    graph = specialize(lower(as_ir(float_model("gated"))), BACKEND, U55)
    with pytest.raises(UnsupportedOps, match=r"unary: Vela refuses a hard swish.* use ReLU"):
        require_supported("ethos_u", BACKEND, graph, U55)


@pytest.mark.parametrize(("op", "name"), [
    ("add", "(2, 1, 2, 1, 2, 3)_and_(3, 1, 2, 1, 3)"), ("reshape", "(1, 1)_to_()_s8"),
    ("unary", "hard_swish")])
def test_every_rule_of_velas_own_is_there_because_vela_refuses(op: str, name: str) -> None:
    case = next(c for c in cases_of(op) if name in c.name)
    site = Site.of(case.graph.nodes[0], case.graph.tensors)
    assert [rule for rule in BACKEND.supports(site, U55) if "Vela" in rule]
    with pytest.raises(LoweringError, match="Does not have valid TFLite Semantics"):
        BACKEND.emit(case.graph, plan(case.graph), U55)


# Of C and of C++: the name that finds a compiler here and the emulator that runs its programs.
C11, CXX17 = ("-std=c11",), ("-std=c++17", "-x", "c++")
QEMU_ARM = ("qemu-arm-static", "-L", "/usr/arm-linux-gnueabihf")
COMPILERS = [("gcc", C11, ()), ("g++", CXX17, ()), ("clang", C11, ()), ("clang++", CXX17, ()),
             ("arm-linux-gnueabihf-gcc", C11, QEMU_ARM),
             ("arm-linux-gnueabihf-g++", CXX17, QEMU_ARM)]


@pytest.mark.parametrize(("compiler", "options", "emulator"), COMPILERS,
                         ids=[name for name, _, _ in COMPILERS])
def test_c_array_holds_the_model_aligned_in_c11_and_in_cxx17(
        compiler: str, options: tuple[str, ...], emulator: tuple[str, ...], tmp_path: Path) -> None:
    missing = [name for name in (compiler, *emulator[:1]) if shutil.which(name) is None]
    if missing:
        pytest.skip(f"{missing[0]} is not installed")
    model = np.arange(1000, dtype=np.uint8).tobytes()
    for name, text in c_array.sources(model).items():
        (tmp_path / name).write_bytes(text)
    (tmp_path / "main.c").write_text(
        '#include <stdio.h>\n#include <stdint.h>\n#include "model.h"\n'
        "int main(void) { if ((uintptr_t)edgec_model % EDGEC_MODEL_ALIGNMENT) return 1;\n"
        "return fwrite(edgec_model, 1, sizeof edgec_model, stdout) != EDGEC_MODEL_SIZE; }\n")
    subprocess.run([compiler, *options, "-Wall", "-Wextra", "-pedantic", "-Werror", "model.c",
                    "main.c", "-o", "main"], cwd=tmp_path, check=True, timeout=60)
    done = subprocess.run([*emulator, tmp_path / "main"], capture_output=True, check=True,
                          timeout=20)
    assert done.stdout == model


def test_c_array_is_of_the_model_of_the_bundle() -> None:
    made = compiled("convnet")
    assert made.files == c_array.sources(made.artifact)
    assert f'"{sha256(made.artifact).hexdigest()}"' in made.files["model.h"].decode()


def test_bundle_has_the_sources_and_is_not_benched_or_deployed(tmp_path: Path) -> None:
    bundle, _ = pipeline.lower_model(models()[1], tmp_path / "b", name="m", target=U55,
                                     backend="ethos_u")
    assert {"model.tflite", "model.c", "model.h"} <= set(bundle.files)
    assert bundle.lowering()["npu"]["layers"]
    for verb in (pipeline.bench_here, lambda path: pipeline.run(path, [])):
        with pytest.raises(UsageError, match="firmware"):
            verb(bundle.path)


def test_target_without_npu_is_refused() -> None:
    graph = graph_of("convnet")
    with pytest.raises(UnsupportedOps, match=r"has no \[npu\] table"):
        require_supported("ethos_u", BACKEND, graph, load_target("generic_x86_64"))


def test_float_model_runs_on_the_cpu_and_says_so() -> None:
    graph = specialize(lower(as_ir(float_model("convnet"))), BACKEND, U55)
    placed = BACKEND.compile(graph, plan(graph), U55).placed
    assert {runs for runs, _ in placed.values()} <= {"CPU", "data movement"}


def test_file_that_crashes_vela_is_told_with_its_last_lines() -> None:
    graph = graph_of("convnet")
    whole = load_backend("tflite").emit(graph, plan(graph), U55)
    with pytest.raises(LoweringError, match=r"(?s)signal 11.*Failed to load TfLite model"):
        vela.run(whole[:2000], NPU)


def test_configuration_that_vela_does_not_know_is_told() -> None:
    graph = graph_of("convnet")
    target = replace(U55, npu=replace(NPU, system_config="Moon_Base"))
    with pytest.raises(LoweringError, match="Moon_Base not found"):
        BACKEND.emit(graph, plan(graph), target)


OUT = "import os, sys; os.mkdir('out'); w = lambda n, d: open('out/' + n, 'wb').write(d); "
NO_ROWS = "w('model_vela.tflite', b'....TFL3'); "
SUMMARY = f"w('model_summary_{NPU.system_config}.csv', b'a,b\\n1,2\\n'); "


@pytest.mark.parametrize(("code", "message"), [
    ("print('\\x1b[31m%%% garbage'); print('done')", r"(?s)left no result.*garbage.*done"),
    ("import sys; sys.exit('out of cheese')", "(?s)exit code 1.*out of cheese"),
    (OUT + NO_ROWS + SUMMARY, "left no result that can be read"),
    ("import sys; sys.stdout.buffer.write(bytes(range(256)) * 99)", "left no result"),
    ("import time; time.sleep(60)", "took more than 2 s"),
    ("pass", "(?s)last lines:\n  nothing"),
])
def test_vela_that_fails_or_prints_garbage_is_told_without_a_traceback(code: str, message: str
                                                                       ) -> None:
    with pytest.raises(LoweringError, match=message):
        vela.run(b"", NPU, (sys.executable, "-c", code), timeout_s=2)


def test_vela_that_is_missing_names_the_command_that_installs_it(monkeypatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"pip install 'edgec\[npu\]'"):
        vela.run(b"", NPU)


@pytest.mark.parametrize("size", [1, 16, 17])
def test_c_array_has_every_byte_once(size: int) -> None:
    data = np.arange(size, dtype=np.uint8).tobytes()
    text = c_array.sources(data)["model.c"].decode()
    inside = text[text.index("= {") + 3:text.index("};")]
    assert bytes(int(word, 16) for word in inside.split(",")) == data
