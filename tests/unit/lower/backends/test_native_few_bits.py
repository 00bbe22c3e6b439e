"""Weights of few bits in .edgec files: when, how small, and that nothing else changes."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edgec import pipeline
from edgec.compress.method import Given, run
from edgec.compress.methods.quantize import Quantize
from edgec.format import read, write
from edgec.lower.backend import load_backend
from edgec.lower.graph import Graph
from edgec.lower.plan import plan
from edgec.target.target import load_target
from edgec.target.toolchain import build_engine
from tests.contract.op_cases import cases_of
from tests.unit.lower.lower_models import as_ir, float_model, inputs_for

TARGET = load_target("generic_x86_64")


def graph_of(op: str, name: str) -> Graph:
    """That of a contract case."""
    case, = (c for c in cases_of(op) if c.name == name)
    return case.graph


def emitted(graph: Graph) -> bytes:
    """The file."""
    return load_backend("native").emit(graph, plan(graph), TARGET)


@pytest.mark.parametrize(("op", "name", "stored"), [
    ("conv2d", "weights_of_2_bits", "s2"), ("conv2d", "weights_of_3_bits_in_groups", "s3"),
    ("conv2d", "weights_of_4_bits", "s4"), ("depthwise_conv2d", "weights_of_6_bits_dw", "s6"),
    ("fully_connected", "weights_of_2_bits_fc", "s2")])
def test_weights_take_the_fewest_bits_that_hold_them(op: str, name: str, stored: str) -> None:
    packed = [t for t in read(emitted(graph_of(op, name))).tensors if t.layout != "plain"]
    assert [t.stored for t in packed] == [stored]


def test_sparse_weights_take_few_bits_too() -> None:
    graph = graph_of("conv2d", "sparse_pointwise")
    w = graph.tensors["w"]
    few = replace(w, data=np.sign(np.asarray(w.data)))
    file = read(emitted(replace(graph, tensors={**graph.tensors, "w": few})))
    assert file.nodes[0].op == "sparse_conv2d_s8"
    assert [t.stored for t in file.tensors if t.layout == "s8_block"] == ["s2"]


def test_files_of_8_bit_weights_are_used_in_place() -> None:
    file = read(emitted(graph_of("conv2d", "same_3x3")))
    assert all(not t.stored for t in file.tensors)


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """A small network with weights of 8 and of 4 bits, by bits."""
    folder = tmp_path_factory.mktemp("few_bits")
    few = [inputs_for("convnet", i) for i in range(3)]
    made = {}
    for bits in (8, 4):
        method = Quantize(weight_bits=bits, min_sqnr_db=-100)
        model = run(method, as_ir(float_model("convnet")), Given(few)).model
        bundle, _ = pipeline.lower_model(model, folder / str(bits), name="few", target=TARGET)
        made[bits] = bundle.path
    return made


def test_the_file_is_smaller_and_says_so(bundles: dict[int, Path]) -> None:
    sizes = {bits: (path / "model.edgec").stat().st_size for bits, path in bundles.items()}
    assert sizes[4] < sizes[8]
    rows = {bits: [row["weights"] for row in pipeline.read_bundle(path).lowering()["nodes"]
                   if row["op"].startswith(("conv2d", "depthwise", "fully"))]
            for bits, path in bundles.items()}
    assert all(row.endswith("4 bit, packed") for row in rows[4])
    assert not any("bit" in row for row in rows[8])


def test_the_engine_answers_as_with_the_same_weights_in_8_bits(bundles: dict[int, Path],
                                                               tmp_path: Path) -> None:
    packed = read((bundles[4] / "model.edgec").read_bytes())
    plain = replace(packed, tensors=tuple(replace(t, stored="") for t in packed.tensors))
    engine = build_engine().run
    answers = []
    for name, file in (("packed", packed), ("plain", plain)):
        (tmp_path / name).write_bytes(write(file))
        answers.append(_run(engine, tmp_path / name, bundles[4]))
    assert answers[0] == answers[1]
    assert (tmp_path / "packed").stat().st_size < (tmp_path / "plain").stat().st_size


def _run(engine: Path, model: Path, bundle: Path) -> bytes:
    output = model.with_suffix(".npy")
    words = [word for path in pipeline.read_bundle(bundle).golden_inputs
             for word in ("--input", str(path))]
    subprocess.run([str(engine), str(model), *words, "--output", str(output)], check=True,
                   capture_output=True)
    return output.read_bytes()
