"""Residual blocks are found, and leaving them out leaves the rest of the function."""

from __future__ import annotations

import numpy as np
import onnx
import onnx_ir as ir
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgec.compress.student.blocks import drop_blocks, find_blocks, spread
from edgec.model.onnxruntime import run_onnx
from tests.unit.compress.float_models import cnn, encoder, from_text
from tests.unit.compress.student.residual import stack


def weight(model: ir.Model, name: str) -> np.ndarray:
    return model.graph.initializers[name].const_value.numpy()


@given(st.integers(1, 5), st.data(), st.sampled_from(["", "Relu"]))
@settings(max_examples=15, deadline=None)
def test_what_is_left_is_the_network_without_the_dropped_terms(
        count: int, data: st.DataObject, between: str) -> None:
    model = stack(count, between=between)
    blocks = find_blocks(model)
    gone = data.draw(st.sets(st.integers(0, count - 1)))
    smaller = drop_blocks(model, [blocks[i] for i in gone])
    x = np.random.default_rng(0).normal(size=(1, 4)).astype(np.float32)
    h = x
    for i in range(count):
        if i not in gone:
            h = h + np.tanh(h @ weight(model, f"a{i}")) @ weight(model, f"b{i}")
        h = np.maximum(h, 0) if between else h
    wanted = h @ weight(model, "w").T
    assert np.allclose(run_onnx(smaller, {"x": x}, ["y"])["y"], wanted, atol=1e-5)
    assert len(smaller.graph) == len(model.graph) - 4 * len(gone)
    assert len(smaller.graph.initializers) == len(model.graph.initializers) - 2 * len(gone)


def test_dropping_leaves_the_given_model_alone_and_gives_a_valid_one() -> None:
    model = stack()
    before = ir.serde.serialize_model(model).SerializeToString(deterministic=True)
    smaller = drop_blocks(model, find_blocks(model))
    assert ir.serde.serialize_model(model).SerializeToString(deterministic=True) == before
    onnx.checker.check_model(ir.to_proto(smaller), full_check=True)


def test_a_block_knows_its_nodes() -> None:
    (block,) = find_blocks(cnn())
    assert (block.sum, block.entry, len(block.nodes)) == ("s", "a0", 5)


def test_attention_and_feed_forward_are_blocks() -> None:
    assert [(b.entry, b.sum) for b in find_blocks(encoder())] == [("x", "r")]


def test_a_shortcut_that_is_computed_makes_no_block() -> None:
    w = np.eye(4, dtype=np.float32)
    assert find_blocks(from_text("""m (float[1,4] x) => (float[1,4] y) {
        u = MatMul (x, w) \n v = MatMul (x, k) \n s = Add (u, v) \n y = Relu (s)
    }""", {"w": w, "k": w})) == ()


def test_a_block_that_is_read_from_elsewhere_stays() -> None:
    w = np.eye(4, dtype=np.float32)
    assert find_blocks(from_text("""m (float[1,4] x) => (float[1,4] y) {
        h = Relu (x) \n u = MatMul (h, w) \n v = Tanh (u) \n s = Add (h, v) \n y = Mul (s, u)
    }""", {"w": w})) == ()


def test_a_sum_that_grows_by_broadcasting_is_no_block() -> None:
    w = np.ones((4, 1), np.float32)
    assert find_blocks(from_text("""m (float[1,4] x) => (float[1,4] y) {
        u = MatMul (x, w) \n s = Add (x, u) \n y = Relu (s)
    }""", {"w": w})) == ()


@pytest.mark.parametrize(("count", "kept", "gone"), [
    (4, 0.5, (1, 3)), (3, 0.34, (0, 2)), (7, 4 / 7, (1, 3, 5)), (3, 1.0, ()), (3, 0.0, (0, 1, 2)),
    (5, 0.8, (2,))])
def test_dropped_blocks_lie_all_over_the_network(count: int, kept: float,
                                                 gone: tuple[int, ...]) -> None:
    blocks = find_blocks(stack(count))
    assert spread(blocks, kept) == tuple(blocks[i] for i in gone)
