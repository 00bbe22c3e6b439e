"""Block-sparse weights: packing by the words of spec.md, the choice, and what the user is told."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import onnx_ir as ir
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgec import pipeline
from edgec.compress import method
from edgec.format import read
from edgec.lower.backend import load_backend
from edgec.lower.backends.native import pack, sparsity
from edgec.lower.graph import Array, Graph
from edgec.lower.plan import plan
from edgec.target.target import Target, load_target
from tests.contract.op_cases import cases_of
from tests.contract.op_cases.linear import zero_blocks
from tests.unit.lower.lower_models import as_ir, float_model, inputs_for

LAYERS = ("conv2d", "fully_connected")  # with a residual, too


def unpacked(made: pack.Blocks, n: int, k: int) -> Array:
    """[n, taps, k], block by block as spec.md says."""
    columns = made.blocks.shape[1]
    groups, taps = made.counts.shape
    dense = np.zeros((groups * columns, taps, -(-k // 4) * 4), np.int8)
    number = 0
    for group, tap in np.ndindex(groups, taps):
        at = 0
        for i in range(int(made.counts[group, tap])):
            assert i == 0 or made.deltas[number] > 0
            at += int(made.deltas[number])
            for p, q in np.ndindex(columns, 4):
                dense[group * columns + p, tap, 4 * at + q] = made.blocks[number, p, q]
            number += 1
    assert number == len(made.blocks) == len(made.deltas)
    return dense[:n, :, :k]


@given(n=st.integers(1, 40), taps=st.integers(1, 4), k=st.integers(1, 60),
       columns=st.sampled_from((4, 8, 16)), share=st.floats(0, 1), seed=st.integers(0, 999))
def test_packed_weights_unpack_to_the_same(n: int, taps: int, k: int, columns: int, share: float,
                                           seed: int) -> None:
    rng = np.random.default_rng(seed)
    w = rng.integers(-127, 128, (n, taps, k)).astype(np.int8)
    w[rng.random((n, taps, k)) < share] = 0
    made = pack.s8_block(w, columns)
    np.testing.assert_array_equal(unpacked(made, n, k), w)
    assert [str(part.dtype) for part in (made.blocks, made.counts, made.deltas)] == [
        "int8", "uint32", "uint8"]


@pytest.mark.parametrize("places", [(0,), (255,), (256,), (511, 512), (0, 255, 511), (1023,)])
def test_long_gaps_are_bridged_by_blocks_of_zeros(places: tuple[int, ...]) -> None:
    w = np.zeros((3, 1, 4096), np.int8)
    for at in places:
        w[1, 0, 4 * at + 1] = 5
    made = pack.s8_block(w, 4)
    np.testing.assert_array_equal(unpacked(made, 3, 4096), w)
    assert len(made.blocks) <= len(places) + 1023 // 255


def test_weights_of_zeros_have_one_block() -> None:
    made = pack.s8_block(np.zeros((20, 2, 8), np.int8), 8)
    assert made.blocks.shape == (1, 8, 4)
    assert made.counts.sum() == 1


def with_percent(percent: dict[int, int]) -> Target:
    """A board whose sparse kernels cost so much."""
    target = load_target("generic_x86_64")
    return dataclasses.replace(target, cpu=dataclasses.replace(target.cpu, sparse_percent=percent))


def weights(share: float, columns: int = 16) -> Array:
    """[64, 1, 64] with that share of blocks of zeros, evenly."""
    w = np.ones((64, 1, 64), np.int8)
    blocks = [(group, at) for group in range(64 // columns) for at in range(16)]
    for group, at in blocks[:round(share * len(blocks))]:
        w[columns * group:columns * (group + 1), 0, 4 * at:4 * at + 4] = 0
    return w


@pytest.mark.parametrize(("share", "columns", "reason"), [
    (0.5, 16, "sparse: 50% of 16x4 blocks are zero, break-even 20%"),
    (0.25, 16, "sparse: 25% of 16x4 blocks are zero, break-even 20%"),
    (0.125, None, "dense: 12% of 16x4 blocks are zero, break-even 20%"),
    (0.0, None, "dense: 0% of 16x4 blocks are zero, break-even 20%")])
def test_the_choice_is_by_cost_and_says_why(share: float, columns: int | None, reason: str) -> None:
    cpu = with_percent({4: 200, 8: 150, 16: 125}).cpu
    assert sparsity.choose(weights(share), cpu) == sparsity.Choice(columns, reason)


def test_narrow_blocks_are_chosen_where_they_cost_less() -> None:
    w = weights(0.0)
    w[np.arange(64) % 16 < 12] = 0  # a quarter of each block of 16 columns
    cpu = with_percent({4: 150, 8: 120, 16: 110}).cpu
    assert sparsity.choose(w, cpu).columns == 4
    assert sparsity.choose(weights(0.5), cpu).columns == 16


def emitted(graph: Graph, target: Target) -> bytes:
    return load_backend("native").emit(graph, plan(graph), target)


@pytest.mark.parametrize(("op", "name"), [("conv2d", "sparse_pointwise"), ("conv2d", "sparse_3x3"),
                                          ("fully_connected", "sparse_fc")])
@pytest.mark.parametrize("columns", [4, 8, 16])
def test_sparse_files_hold_the_weights_and_are_smaller(op: str, name: str, columns: int) -> None:
    case, = (c for c in cases_of(op) if c.name == name)
    percent = dict.fromkeys((4, 8, 16), 10_000) | {columns: 100}
    sparse = emitted(case.graph, with_percent(percent))
    dense = emitted(case.graph, with_percent(dict.fromkeys((4, 8, 16), 10_000)))
    node, = read(sparse).nodes
    assert node.op == f"sparse_{op}_s8"
    blocks, counts, deltas = (read(sparse).tensors[i].data for i in node.inputs[1:4])
    assert blocks is not None and counts is not None and deltas is not None  # noqa: PT018
    w = np.asarray(case.graph.tensors["w"].data)
    taps = w.reshape(w.shape[0], 1, -1) if op == "fully_connected" else pack.by_tap(w, 1, 1)[0]
    made = pack.Blocks(blocks, counts, deltas)
    np.testing.assert_array_equal(unpacked(made, w.shape[0], taps.shape[2]), taps)
    assert len(sparse) < 0.8 * len(dense)


def with_zero_blocks(model: ir.Model) -> ir.Model:
    """The QDQ model with 4 in 5 blocks of its int8 weights [o, c, ...] zero."""
    rng = np.random.default_rng(1)
    for name, value in model.graph.initializers.items():
        assert value.const_value is not None
        data = value.const_value.numpy()
        if data.dtype == np.int8 and data.ndim > 1:
            zeroed = np.moveaxis(zero_blocks(rng, np.moveaxis(data, 1, -1)), -1, 1)
            value.const_value = ir.tensor(np.ascontiguousarray(zeroed), name=name)
    return model


@pytest.mark.parametrize("name", ["convnet"])
def test_lowering_json_says_sparse_or_dense_and_why(name: str, tmp_path: Path) -> None:
    model = as_ir(float_model(name))
    few = [inputs_for(name, i) for i in range(3)]
    done = method.run(method.load("quantize")(), model, method.Given(few))
    target = load_target("generic_x86_64")
    dense, _ = pipeline.lower_model(done.model, tmp_path / "dense", name=name, target=target)
    sparse, _ = pipeline.lower_model(with_zero_blocks(done.model), tmp_path / "sparse", name=name,
                                     target=target)
    for bundle, word in ((dense, "dense: "), (sparse, "sparse: ")):
        rows = [row for row in bundle.lowering()["nodes"] if row["op"].startswith(LAYERS)]
        assert any(row["weights"].startswith(word) for row in rows)
        assert all("blocks are zero, break-even" in row["weights"] for row in rows
                   if row["runs"] == "int8")
    assert sparse.artifact_path.stat().st_size < dense.artifact_path.stat().st_size
    found = pipeline.run(sparse.path, [np.load(path) for path in sparse.golden_inputs])
    assert found[0].tobytes() == np.load(sparse.golden_outputs[0]).tobytes()
