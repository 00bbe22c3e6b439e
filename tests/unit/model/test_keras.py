"""Keras files and SavedModel folders, written by TensorFlow itself in a process of its own."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from edgec.errors import MissingExtra, ModelError, UnsupportedOps
from edgec.model import keras_model, keras_worker
from edgec.model.load import load_model
from edgec.model.onnxruntime import run_onnx

needs_tensorflow = pytest.mark.skipif(importlib.util.find_spec("tensorflow") is None,
                                      reason="tensorflow is not installed")
MAKE = """
import numpy as np, tensorflow as tf
L = tf.keras.layers
tf.keras.utils.set_random_seed(0)
image = tf.keras.Input((12, 12, 3), name="image")
x = L.Conv2D(8, 3, strides=2, padding="same", use_bias=False)(image)
normal = L.BatchNormalization()
x = L.ReLU(6.0)(normal(x))
x = L.SeparableConv2D(16, 3, padding="same", activation="relu")(x)
x = L.DepthwiseConv2D(3)(x)
x = L.GlobalAveragePooling2D()(x)
net = tf.keras.Model(image, L.Dense(10, activation="softmax")(x))
normal.moving_mean.assign(np.linspace(-0.3, 0.4, 8))
normal.moving_variance.assign(np.linspace(0.5, 2, 8))
net.save("net.keras")
net.save("net.h5")
net.export("net")
data = np.random.default_rng(0).normal(size=(1, 12, 12, 3)).astype(np.float32)
np.savez("expected.npz", image=data, y=net(data, training=False).numpy())
steps = tf.keras.Input((7, 4))
tf.keras.Model(steps, L.LSTM(5)(steps)).save("lstm.keras")
tf.keras.Model(steps, L.Lambda(lambda x: x * 2)(steps)).save("lambda.keras")
wide = tf.keras.Input((None, None, 3), name="wide")
tf.keras.Model(wide, L.Conv2D(2, 3)(wide)).save("open.keras")
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A folder with the models and the outputs that Keras computed."""
    folder = tmp_path_factory.mktemp("keras")
    subprocess.run([sys.executable, "-c", MAKE], cwd=folder, check=True, capture_output=True,
                   timeout=600)
    return folder


@needs_tensorflow
@pytest.mark.slow
@pytest.mark.parametrize("name", ["net.keras", "net.h5", "net"])
def test_imported_model_computes_what_keras_computed(name, made):
    model = load_model(made / name)
    with np.load(made / "expected.npz") as stored:
        got = run_onnx(model, {"image": stored["image"]})
        np.testing.assert_allclose(next(iter(got.values())), stored["y"], atol=1e-6)
    assert tuple(model.graph.inputs[0].shape) == (1, 12, 12, 3)
    assert "BatchNormalization" not in {node.op_type for node in model.graph}  # the converter folds


@needs_tensorflow
@pytest.mark.slow
def test_recurrent_layer_is_refused_by_the_name_of_its_operator(made):
    with pytest.raises(UnsupportedOps, match=r"lstm.keras, converted, .*\n.*: WHILE"):
        load_model(made / "lstm.keras")


@needs_tensorflow
@pytest.mark.slow
def test_code_in_a_keras_file_is_not_run(made):
    with pytest.raises(ModelError, match="Lambda") as error:
        load_model(made / "lambda.keras")
    assert "cannot convert" in str(error.value)
    assert "Traceback" not in str(error.value)
    assert len(str(error.value).splitlines()) < 10


@needs_tensorflow
@pytest.mark.slow
def test_open_shape_is_given(made):
    model = load_model(made / "open.keras", {"wide": (1, 8, 9, 3)})
    assert tuple(model.graph.outputs[0].shape) == (1, 6, 7, 2)


def test_open_shape_that_is_not_given_is_asked_for():
    assert keras_worker.fixed("x", (None, 4), {}) == [1, 4]
    with pytest.raises(ValueError, match="give it with --shape wide=1,"):
        keras_worker.fixed("wide", (None, None, 3), {})


def test_folder_without_saved_model_is_refused(tmp_path):
    with pytest.raises(ModelError, match=r"holds no saved_model\.pb"):
        load_model(tmp_path)


def test_missing_keras_file_is_told(tmp_path):
    with pytest.raises(ModelError, match=r"there is no model .*gone\.keras"):
        load_model(tmp_path / "gone.keras")


def test_without_tensorflow_the_error_names_the_command(tmp_path, monkeypatch):
    monkeypatch.setattr(keras_model, "find_spec", lambda name: None)
    (tmp_path / "net.h5").write_bytes(b"x")
    with pytest.raises(MissingExtra, match=r"pip install 'edgec\[keras\]'"):
        load_model(tmp_path / "net.h5")
