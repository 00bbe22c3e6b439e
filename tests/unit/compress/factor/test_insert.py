"""Factored graphs compute what the layers did, through ONNX Runtime."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnx_ir as ir
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgec.compress.factor.decompose import svd
from edgec.compress.factor.insert import insert
from edgec.compress.factor.layers import Layer, find_layers
from edgec.model.onnxruntime import run_onnx
from tests.unit.compress.float_models import cnn, encoder, from_text, images, normal

Array = npt.NDArray[Any]


def split_all(model: ir.Model, conv: str, rank: int | None = None) -> ir.Model:
    """Every layer as two nodes, of full rank when None."""
    found, _ = find_layers(model, conv, (), 1)
    chosen = {}
    for forms in found:
        layer, matrix = forms[0], forms[0].matrix()
        components = svd(matrix, np.eye(matrix.shape[1]))
        kept = np.arange(len(components.sigma))[:rank]
        chosen[layer.name] = (layer, components.factors(kept))
    return insert(model, chosen)


@pytest.mark.parametrize("conv", ["channel", "spatial"])
def test_convolutions_at_full_rank_compute_the_same(conv: str) -> None:
    model, data = cnn(), images(1)[0]
    result = split_all(model, conv)
    onnx.checker.check_model(ir.to_proto(result), full_check=True)
    np.testing.assert_allclose(run_onnx(result, data)["y"], run_onnx(model, data)["y"], atol=1e-5)


def test_halves_of_an_earlier_pass_are_split_again() -> None:
    model, data = cnn(), images(1)[0]
    result = split_all(split_all(model, "spatial"), "channel")
    onnx.checker.check_model(ir.to_proto(result), full_check=True)
    np.testing.assert_allclose(run_onnx(result, data)["y"], run_onnx(model, data)["y"], atol=1e-5)


def test_linear_layers_at_full_rank_compute_the_same() -> None:
    model = encoder()
    data = {"x": np.random.default_rng(0).normal(size=(1, 6, 16)).astype(np.float32)}
    result = split_all(model, "auto")
    assert sum(node.op_type == "MatMul" for node in result.graph) == 2 + 2 * 5
    np.testing.assert_allclose(run_onnx(result, data)["y"], run_onnx(model, data)["y"], atol=1e-5)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.tuples(*[st.integers(1, 3)] * 2),
       st.tuples(*[st.integers(0, 2)] * 4), st.tuples(*[st.integers(1, 2)] * 2),
       st.sampled_from(["channel", "spatial"]))
def test_any_window_is_split_into_two_that_compute_the_same(
        seed: int, strides: tuple[int, ...], pads: tuple[int, ...], dilations: tuple[int, ...],
        conv: str) -> None:
    rng = np.random.default_rng(seed)
    text = ", ".join(f"{k} = [{','.join(map(str, v))}]" for k, v in (
        ("strides", strides), ("pads", pads), ("dilations", dilations)))
    probe = from_text(f"""g (float[1,3,9,10] x) => (float[1,7,H,W] y)
        {{ y = Conv <{text}> (x, w, b) }}""",
                      {"w": normal(rng, 7, 3, 3, 2), "b": normal(rng, 7)})
    data = images(1, seed, (1, 3, 9, 10))[0]
    result = split_all(probe, conv)
    onnx.checker.check_model(ir.to_proto(result), full_check=True)
    np.testing.assert_allclose(run_onnx(result, data)["y"], run_onnx(probe, data)["y"], atol=1e-5)


@pytest.mark.parametrize("conv", ["channel", "spatial"])
def test_low_rank_graph_has_the_product_of_its_factors_as_weights(conv: str) -> None:
    model = cnn()
    found, _ = find_layers(model, conv, (), 1)
    layer = next(f[0] for f in found if f[0].form == conv and f[0].columns > 8)
    components = svd(layer.matrix(), np.eye(layer.columns))
    kept = np.arange(3)
    result = insert(model, {layer.name: (layer, components.factors(kept))})
    dense = model.clone()
    value = dense.graph.initializers[layer.weight]
    value.const_value = ir.tensor(np.ascontiguousarray(
        layer.unmatrix(components.matrix(kept)).astype(np.float32)), name=layer.weight)
    data = images(1)[0]
    np.testing.assert_allclose(run_onnx(result, data)["y"], run_onnx(dense, data)["y"], atol=1e-5)
    assert layer.weight not in result.graph.initializers


def test_the_matrix_of_a_layer_becomes_its_weight_again() -> None:
    for model in (cnn(), encoder()):
        for conv in ("channel", "spatial"):
            for forms in find_layers(model, conv, (), 1)[0]:
                layer: Layer = forms[0]
                weight = model.graph.initializers[layer.weight].const_value
                assert weight is not None
                np.testing.assert_array_equal(layer.unmatrix(layer.matrix()), weight.numpy())


def test_layers_that_cannot_be_factored_say_why() -> None:
    found, reasons = find_layers(cnn(), "auto", ("node_Gemm*", "*c1*"), 4)
    assert "it is a grouped convolution, thin already" in reasons.values()
    assert found
    _, reasons = find_layers(cnn(), "auto", ("*",), 4)
    assert all("excluded by '*'" in why for why in reasons.values())
    _, reasons = find_layers(cnn(), "auto", (), 64)
    assert "at rank 64 its halves have no fewer weights than it has" in reasons.values()


def test_a_shared_weight_stays() -> None:
    rng = np.random.default_rng(0)
    model = from_text("""g (float[1,16] x) => (float[1,16] y) {
        h = MatMul (x, w)
        t = Tanh (h)
        y = MatMul (t, w)
    }""", {"w": normal(rng, 16, 16)})
    found, reasons = find_layers(model, "auto", (), 1)
    assert not found
    assert set(reasons.values()) == {"its weight is shared with other nodes"}
