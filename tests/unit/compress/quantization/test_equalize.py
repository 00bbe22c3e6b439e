from __future__ import annotations

import numpy as np
import onnx_ir as ir
import pytest

from edgec.compress import quantize
from edgec.compress.calibrate import ChannelMaximum, observe
from edgec.compress.methods.quantize import Quantize
from edgec.compress.quantization.equalize import Equalized, equalize
from edgec.compress.quantization.prepare import prepare
from edgec.compress.quantization.scaling_groups import find_groups
from edgec.model.onnxruntime import Runner, run_onnx
from tests.unit.compress.float_models import Array, cnn, from_text, images, normal


def equalized(model: ir.Model, per_channel: bool = True,
              count: int = 16) -> tuple[ir.Model, tuple[Equalized, ...]]:
    maxima = {name: ChannelMaximum(g.axis) for g in find_groups(model.graph) for name in g.tensors}
    observe(model, images(count), {name: [m] for name, m in maxima.items()})
    return equalize(model, {name: m.largest for name, m in maxima.items()}, per_channel)


def rescaled(model: ir.Model, seed: int = 0) -> ir.Model:
    """The same function, with the channels of every group scaled by 2^U(-4, 4)."""
    rng = np.random.default_rng(seed)
    result = prepare(model)
    for group in find_groups(result.graph):
        if group.caps:
            continue
        for unit in (*group.producers, *group.consumers):
            assert unit.op in ("Conv", "Gemm")
        first = group.producers[0].nodes[0].inputs[1]
        factors = 2.0 ** rng.uniform(-4, 4, first.shape[0])
        for unit in group.producers:
            scale_input(unit.nodes[0], 1, factors, 0)
            scale_input(unit.nodes[0], 2, factors, 0)
        for unit in group.consumers:
            weight = unit.nodes[0].inputs[1]
            scale_input(unit.nodes[0], 1, 1 / factors, 0 if weight.shape[1] == 1 else 1)
    return result


def scale_input(node: ir.Node, index: int, factors: Array, axis: int) -> None:
    value = node.inputs[index]
    data = value.const_value.numpy()
    shaped = factors.reshape([-1 if i == axis else 1 for i in range(data.ndim)])
    value.const_value = ir.tensor((data * shaped).astype(np.float32), name=value.name)


def cap_every_fourth_channel(model: ir.Model) -> None:
    """The expanding convolution: every fourth channel reaches 6, the others stay below 0.5."""
    value = model.graph.initializers["b1"]
    bias = np.where(np.arange(16) % 4 == 0, 8.0, 0.1).astype(np.float32)
    value.const_value = ir.tensor(bias, name="b1")
    weight = model.graph.initializers["w1"]
    small = np.where(np.arange(16) % 4 == 0, 1.0, 0.02).reshape(-1, 1, 1, 1)
    weight.const_value = ir.tensor((weight.const_value.numpy() * small).astype(np.float32),
                                   name="w1")


def agreement(model: ir.Model, options: Quantize, judge: ir.Model) -> float:
    """The share of unseen inputs on which the quantized `model` and `judge` name one class."""
    quantized, exact = Runner(quantize(model, images(48), options).model), Runner(judge)
    same = [quantized.run(x)["y"].argmax() == exact.run(x)["y"].argmax()
            for x in images(200, seed=9)]
    return float(np.mean(same))


@pytest.mark.parametrize("per_channel", [True, False])
def test_function_is_preserved_with_relu_residual_depthwise_and_mean(per_channel: bool) -> None:
    model = rescaled(cnn())
    result, done = equalized(model, per_channel)
    assert max(item.factor for item in done) > 4
    for x in images(10, seed=5):
        exact = run_onnx(model, x)["y"]
        assert np.abs(run_onnx(result, x)["y"] - exact).max() <= 1e-5 * np.abs(exact).max()


def test_residual_stream_is_one_group_up_to_the_classifier() -> None:
    groups = find_groups(prepare(cnn()).graph)
    stream = next(g for g in groups if "s" in g.tensors)
    assert set(stream.tensors) == {"a0", "c3", "s", "p"}
    assert [u.op for u in stream.consumers] == ["Conv", "Gemm"]


def test_channels_of_a_tensor_become_alike() -> None:
    model = rescaled(cnn())

    def spread(of: ir.Model) -> float:
        maximum = ChannelMaximum(1)
        observe(of, images(16), {"a1": [maximum]})
        alive = maximum.largest[maximum.largest > 0]
        return float(np.log2(alive.max() / alive).mean())

    assert spread(model) > 3
    assert spread(equalized(model)[0]) < 0.5


def test_relu6_channels_near_the_cap_are_left_alone_and_the_function_is_kept() -> None:
    model = prepare(cnn(clip="6"))
    cap_every_fourth_channel(model)
    group = next(g for g in find_groups(model.graph) if "a1" in g.tensors)
    assert group.caps == {"a1": 6.0}
    maximum = ChannelMaximum(1)
    observe(model, images(16), {"a1": [maximum]})
    result, done = equalized(model)
    item = next(d for d in done if "a1" in d.tensors)
    assert item.fixed >= int((maximum.largest > 3).sum()) > 0
    assert item.fixed < item.channels
    for x in images(16):
        exact = run_onnx(model, x)["y"]
        assert np.abs(run_onnx(result, x)["y"] - exact).max() <= 1e-5 * np.abs(exact).max()


@pytest.mark.parametrize("blocker", ["y = Sigmoid (a)", "y = Clip (a, one, six)"])
def test_tensor_with_a_reader_that_does_not_scale_is_no_group(blocker: str) -> None:
    rng = np.random.default_rng(0)
    weights = {"w": normal(rng, 4, 3, 1, 1), "v": normal(rng, 4, 4, 1, 1),
               "one": np.array(1, np.float32), "six": np.array(6, np.float32)}
    model = from_text(f"""m (float[1,3,8,8] x) => (float[1,4,8,8] y, float[1,4,8,8] z) {{
        a = Conv (x, w)
        z = Conv (a, v)
        {blocker} }}""", weights)
    assert find_groups(model.graph) == ()


def test_weight_with_another_reader_is_not_rescaled() -> None:
    rng = np.random.default_rng(0)
    model = from_text("""m (float[1,4,8,8] x) => (float[1,4,8,8] y) {
        a = Conv (x, w)
        y = Conv (a, w) }""", {"w": normal(rng, 4, 4, 1, 1)})
    assert find_groups(model.graph) == ()


@pytest.mark.parametrize("per_channel", [False, True], ids=["per_tensor", "per_channel"])
def test_rescaled_channels_collapse_without_equalization_and_are_restored_by_it(
        per_channel: bool) -> None:
    original = cnn(seed=2, channels=16)
    model = rescaled(original, seed=1)
    plain = Quantize(per_channel=per_channel, equalize=False)
    best = agreement(original, Quantize(per_channel=per_channel), original)
    without = agreement(model, plain, original)
    restored = agreement(model, Quantize(per_channel=per_channel), original)
    assert without < best - 0.05
    assert restored >= best - 0.03
