"""Students made of their teacher's graph."""

from __future__ import annotations

import numpy as np
import onnx
import onnx_ir as ir
import pytest

from edgec.compress.method import Given
from edgec.compress.student.derive import Shape, derive
from edgec.compress.student.fresh import fresh_weights
from edgec.model.onnxruntime import run_onnx
from tests.unit.compress.float_models import cnn, encoder


def array(model: ir.Model, name: str) -> np.ndarray:
    return model.graph.initializers[name].const_value.numpy()


@pytest.mark.parametrize("width", [0.25, 0.5, 0.75])
def test_every_layer_keeps_its_share_of_channels_and_the_classes_stay(width: float) -> None:
    student = derive(cnn(), Shape(width, 1, "first", "inherit"), Given()).model
    c, wide = round(8 * width), round(16 * width)
    assert array(student, "w0").shape == (c, 3, 3, 3)
    assert array(student, "w1").shape == (wide, c, 1, 1)
    assert array(student, "w2").shape == (wide, 1, 3, 3)
    assert array(student, "w4").shape == (5, c)
    onnx.checker.check_model(ir.to_proto(student), full_check=True)


def test_first_channels_keep_their_weights() -> None:
    student = derive(cnn(), Shape(0.5, 1, "first", "inherit"), Given()).model
    assert np.array_equal(array(student, "w0"), array(cnn(), "w0")[:4])


def test_a_criterion_keeps_the_channels_that_it_scores_highest() -> None:
    model = cnn()
    model.graph.initializers["w0"].const_value = ir.tensor(
        array(model, "w0") * np.arange(1, 9, dtype=np.float32)[:, None, None, None], name="w0")
    student = derive(model, Shape(0.5, 1, "group_norm", "inherit"), Given()).model
    kept = array(student, "w0")
    assert any(np.array_equal(kept[-1], row) for row in array(model, "w0")[4:])


def test_depth_and_width_go_together() -> None:
    made = derive(cnn(), Shape(0.5, 0, "first", "inherit"), Given())
    assert ([b.sum for b in made.dropped], [n[1:] for n in made.narrowed]) == (["s"], [(4, 8)])


def test_transformers_are_narrowed_too() -> None:
    student = derive(encoder(), Shape(0.5, 1, "first", "inherit"), Given()).model
    x = np.zeros((1, 6, 16), np.float32)
    assert run_onnx(student, {"x": x}, ["y"])["y"].shape == (1, 6, 16)
    assert array(student, "w1").shape[1] == 32


def test_fresh_weights_have_he_variance_and_forget_statistics() -> None:
    model = fresh_weights(cnn(channels=128), 3)
    assert array(model, "w1").std() == pytest.approx(np.sqrt(2 / 128), rel=0.02)
    assert array(model, "w4").std() == pytest.approx(np.sqrt(2 / 128), rel=0.1)
    assert not array(model, "b1").any()
    assert (array(model, "g") == 1).all()
    assert (array(model, "v") == 1).all()
    assert not array(model, "m").any()


def test_fresh_weights_depend_on_their_seed_only() -> None:
    first, again, other = (array(fresh_weights(cnn(), seed), "w0") for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
