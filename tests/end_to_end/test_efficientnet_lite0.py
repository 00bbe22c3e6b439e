"""EfficientNet-Lite0 in int8, through the C++ engine, against its float self on photographs."""

import io
import itertools
from pathlib import Path

import numpy as np
import pytest

from edgec import pipeline
from edgec.examples import efficientnet_lite0, photographs
from edgec.measure.accuracy import compare
from edgec.model.load import normalize
from edgec.model.onnxruntime import Runner
from edgec.model.torch_export import export_module
from tests.end_to_end.made import Made, make

CALIBRATE, TEST = slice(0, 200), slice(200, 400)


@pytest.fixture(scope="module")
def float_model():
    return normalize(export_module(*efficientnet_lite0.model()))


def float_logits(model, images: np.ndarray) -> np.ndarray:
    runner, name = Runner(model), str(model.graph.inputs[0].name)
    return np.concatenate([next(iter(runner.run({name: x[None]}).values())) for x in images])


def quantized(model, images: np.ndarray, folder: Path) -> Made:
    name = str(model.graph.inputs[0].name)
    return make(model, [{name: x[None]} for x in images], folder)


def labelled_images(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """256x256 JPEGs to the network's input: centre 224, (x - 127) / 128."""
    from PIL import Image

    stored = np.load(path)
    jpeg, offset = stored["jpeg"], stored["offset"]
    crops = [np.asarray(Image.open(io.BytesIO(jpeg[a:b].tobytes())).convert("RGB"))[16:240, 16:240]
             for a, b in itertools.pairwise(offset)]
    pixels = (np.stack(crops).astype(np.float32) - 127) / 128
    return np.ascontiguousarray(pixels.transpose(0, 3, 1, 2)), stored["label"]


@pytest.mark.slow
def test_int8_on_labelled_photographs_keeps_accuracy_and_agreement(
        float_model, data_file, tmp_path_factory) -> None:
    images, labels = labelled_images(data_file("imagenet_sample_400.npz"))
    made = quantized(float_model, images[CALIBRATE], tmp_path_factory.mktemp("imagenet"))
    found = compare(pipeline.run(made.bundle.path, [images[TEST]])[0],
                    float_logits(float_model, images[TEST]), labels[TEST])
    assert found.accuracy is not None
    assert found.reference_accuracy is not None
    assert found.accuracy >= found.reference_accuracy - 0.005, found
    assert found.agreement >= 0.98, found


@pytest.mark.slow
def test_int8_on_other_photographs_agrees_with_float(float_model, tmp_path_factory) -> None:
    made = quantized(float_model, photographs.views(photographs.CALIBRATION, 4),
                     tmp_path_factory.mktemp("photographs"))
    views = photographs.views(photographs.TEST, 8)
    found = compare(pipeline.run(made.bundle.path, [views])[0], float_logits(float_model, views))
    assert found.cosine >= 0.97, found
