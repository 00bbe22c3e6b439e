from __future__ import annotations

import numpy as np
import pytest
import torch

from edgec.compress.method import Given, run
from edgec.compress.methods.qat import Qat
from edgec.compress.methods.quantize import Quantize
from edgec.compress.quantization.insert_qdq import insert_qdq
from edgec.compress.quantization.lsq import gradient_factor
from edgec.compress.quantization.scale_classes import scale_classes
from edgec.compress.quantization.trainable import LearnedScale, ship
from edgec.compress.quantization.training_graph import float_parameters, training_graph
from edgec.model.execute import TorchGraph
from edgec.model.task import Samples, Task
from tests.unit.compress.float_models import cnn, encoder, from_text, images, normal


def pooled():
    """A max pool and a reshape between layers, and a sigmoid at the end."""
    rng = np.random.default_rng(0)
    return from_text("""m (float[1,3,8,8] x) => (float[1,5] y) {
        c = Conv (x, w, b)
        r = Relu (c)
        m = MaxPool <kernel_shape = [2,2], strides = [2,2]> (r)
        f = Reshape (m, shape)
        z = Gemm <transB = 1> (f, v, u)
        y = Sigmoid (z) }""", {"w": normal(rng, 8, 3, 1, 1), "b": normal(rng, 8),
                               "shape": np.array([1, 128]), "v": normal(rng, 5, 128),
                               "u": normal(rng, 5)})


def scales(model) -> dict[str, np.ndarray]:
    return {str(n): v.const_value.numpy() for n, v in model.graph.initializers.items()
            if str(n).endswith("_scale")}


def test_scales_that_move_together_and_fixed_ones_stay_so_through_training() -> None:
    x = np.concatenate([d["x"] for d in images(64)])
    samples = Samples({"x": x}, np.arange(64) % 5)
    found = scales(run(Qat(epochs=2.0, batch=16, learning_rate=1e-2), pooled(),
                       Given(task=Task(samples, samples))).model)
    assert found["r_scale"] == found["m_scale"] == found["f_scale"]
    assert found["y_scale"] == 2.0**-8


def test_classes_are_the_tensors_around_moves_and_leave_fixed_scales_out() -> None:
    model = run(Quantize(), pooled(), Given(images(8))).model
    assert {frozenset(c) for c in scale_classes(model.graph)} == {
        frozenset({"x_scale"}), frozenset({"r_scale", "m_scale", "f_scale"}),
        frozenset({"z_scale"})}


@pytest.mark.parametrize("model", [cnn(), encoder(), pooled()], ids=["cnn", "encoder", "pooled"])
@pytest.mark.parametrize("bits", [3, 8])
def test_untrained_training_graph_ships_the_model_it_came_from(model, bits: int) -> None:
    shape = (1, 6, 16) if model.graph.name == "encoder" else (1, 3, 8, 8)
    planned = Quantize(weight_bits=bits, min_sqnr_db=-100).plan(model, images(8, shape=shape))
    start = insert_qdq(planned.exact, planned.plan)
    training = training_graph(start, float_parameters(planned.exact))
    result = ship(start, training, training.model)
    for name, value in start.graph.initializers.items():
        other = result.graph.initializers[name].const_value
        if value.const_value.numpy().dtype != np.int32:  # biases start without correction
            assert np.array_equal(other.numpy(), value.const_value.numpy())


def test_training_graph_computes_what_the_quantized_model_computes() -> None:
    start = run(Quantize(weight_bits=4), cnn(), Given(images(8))).model
    training = training_graph(start, {})
    x = torch.from_numpy(np.concatenate([d["x"] for d in images(8, seed=3)]))
    expected, found = (TorchGraph(m, ())(x)[0] for m in (start, training.model))
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)


def test_weights_at_the_ends_of_their_range_have_full_gradient_and_those_beyond_none() -> None:
    start = run(Quantize(weight_bits=4, min_sqnr_db=-100, rounding="nearest"), cnn(),
                Given(images(8))).model
    training = training_graph(start, {})
    graph = TorchGraph(training.model, training.trainable)
    weight = next(w for w in training.weights if w.name == "trained w4_quantized")
    real = graph.weights()[weight.name]
    step = torch.from_numpy(scales(start)["w4_scale"])[:, None]
    levels = torch.tensor([7.0, -7.0, 7.3, 9.0, -9.0, 0.2, 0.0, 1.0])
    with torch.no_grad():
        real.copy_(levels * step)
    graph(torch.from_numpy(images(1)[0]["x"]))[0].sum().backward()
    alive = (real.grad != 0).any(0)
    assert not alive[3:5].any()
    assert alive[:2].any()


def test_one_step_of_plain_descent_moves_a_scale_as_learned_step_sizes_does() -> None:
    before, rate, gradient = np.float32(0.02), 0.01, 3.0  # gradient: of the loss by s
    scale = LearnedScale("r", ("s",), 100, 7)
    factor = float(gradient_factor(scale, np.array(before)))
    ratio = 1 - rate * factor * gradient * before  # dL/dr = s0 dL/ds
    assert ratio * before == pytest.approx(before - rate * gradient / np.sqrt(100 * 7), rel=1e-5)
