"""The MLPerf Tiny models as .tflite files: in, lowered, and LiteRT's own results.

The files are those of mlcommons/tiny; EDGEC_TEST_MODELS names the folder that has them.
"""

from __future__ import annotations

import io
import itertools
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from edgec import pipeline
from edgec.lower.interpret import interpret
from edgec.lower.lower import lower
from edgec.model.load import load_model
from tests.end_to_end.conftest import SHARED
from tests.end_to_end.imported_tflite import (
    any_inputs,
    compare,
    interpreters,
    run_litert,
    with_uint8_ends,
)

FOLDER = Path(os.environ.get("EDGEC_TEST_MODELS", SHARED.parent / "models" / "mlperf_tiny"))
INT8 = ("ad_autoencoder_int8", "ic_resnet8_int8", "kws_dscnn_int8", "vww_mobilenet_int8")
FLOAT = ("ad_autoencoder_float", "ic_resnet8_float", "vww_mobilenet_float")
SAME_BYTES = {"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "ADD", "RESHAPE"}


def model_file(name: str) -> Path:
    """A model; skips when it is not there."""
    path = FOLDER / f"{name}.tflite"
    if not path.is_file():
        pytest.skip(f"{path} is not there; set EDGEC_TEST_MODELS to the folder that has it")
    pytest.importorskip("ai_edge_litert")
    return path


def on_engine(path: Path, samples: np.ndarray, folder: Path) -> np.ndarray:
    """What the native engine makes of these inputs."""
    bundle, _ = pipeline.lower(str(path), folder / "bundle", target="generic_x86_64")
    return pipeline.run(bundle.path, [samples])[0]


def on_litert(path: Path, samples: np.ndarray) -> list[np.ndarray]:
    """What LiteRT makes of them, with XNNPACK and with its reference kernels."""
    return [np.concatenate([run_litert(interpreter, [x[None]]) for x in samples])
            for interpreter in interpreters(path.read_bytes())]


@pytest.mark.parametrize("name", INT8)
def test_int8_operators_give_litert_s_bytes_or_are_one_step_off(name: str) -> None:
    path = model_file(name)
    rows = compare(path, any_inputs(path)[:2])
    assert all(row.largest[0] <= 1 for row in rows.values()), rows
    assert all(row.differ[0] == 0 for kind, row in rows.items() if kind in SAME_BYTES), rows
    assert all(row.largest[1] <= 1 for kind, row in rows.items() if kind != "whole model"), rows


@pytest.mark.parametrize("name", FLOAT)
def test_float_models_compute_what_litert_computes(name: str) -> None:
    path = model_file(name)
    graph = lower(load_model(path))
    shape = graph.tensors[graph.inputs[0]].shape
    x = np.random.default_rng(5).normal(size=shape).astype(np.float32)
    expected = run_litert(interpreters(path.read_bytes())[0], [x])
    got, = interpret(graph, {graph.inputs[0]: x}).values()
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-5 * np.abs(expected).max())


@pytest.mark.parametrize("name", ["ad_autoencoder_int8", "kws_dscnn_int8", "vww_mobilenet_int8"])
def test_uint8_inputs_and_outputs_stay_so_and_give_litert_s_bytes(name: str, tmp_path) -> None:
    path = tmp_path / "uint8.tflite"
    path.write_bytes(with_uint8_ends(model_file(name).read_bytes()))
    theirs = interpreters(path.read_bytes())[0]
    shape = theirs.get_input_details()[0]["shape"]
    x = np.random.default_rng(7).integers(0, 256, (8, *shape[1:])).astype(np.uint8)
    expected = np.concatenate([run_litert(theirs, [sample[None]]) for sample in x])
    got = on_engine(path, x, tmp_path)
    assert got.dtype == expected.dtype == np.uint8
    np.testing.assert_array_equal(got, expected)


def quantized_as(path: Path, real: np.ndarray) -> np.ndarray:
    """Real numbers as the int8 input of a model."""
    details = interpreters(path.read_bytes())[0].get_input_details()[0]
    scale, zero = details["quantization"]
    return np.clip(np.rint(real / np.float32(scale)) + zero, -128, 127).astype(np.int8)


def keywords(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """MFCC [n, 49, 10, 1] as int8, and classes."""
    stored = np.load(path)
    return stored["test_x"].reshape(-1, 49, 10, 1).astype(np.float32), stored["test_y"]


def pictures(path: Path, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Pixels [n, 32, 32, 3] from 0 to 255, and classes."""
    from PIL import Image

    stored = np.load(path)
    jpeg, offset = stored["jpeg"], stored["offset"][:count + 1]
    pixels = [np.asarray(Image.open(io.BytesIO(jpeg[a:b].tobytes())).convert("RGB"))
              for a, b in itertools.pairwise(offset)]
    return np.stack(pixels).astype(np.float32), stored["label"][:count]


def apart_from_litert(path: Path, samples: np.ndarray, labels: Sequence[int], folder: Path
                      ) -> list[int]:
    """The samples that get another class than LiteRT with XNNPACK gives; prints all numbers."""
    ours, (theirs, reference) = on_engine(path, samples, folder), on_litert(path, samples)
    accuracies = [float(np.mean(y.argmax(-1) == np.asarray(labels)))
                  for y in (ours, theirs, reference)]
    different = np.flatnonzero(ours.argmax(-1) != theirs.argmax(-1)).tolist()
    own = int(np.count_nonzero(theirs.argmax(-1) != reference.argmax(-1)))
    values = int(np.count_nonzero(ours != theirs))
    sys.stdout.write(
        f"{path.name}: {len(labels)} samples, accuracy {accuracies[0]:.4f}; LiteRT with XNNPACK "
        f"{accuracies[1]:.4f}, with reference kernels {accuracies[2]:.4f}; {values} of "
        f"{ours.size} outputs differ from XNNPACK's, classes on {different}; LiteRT's two differ "
        f"on {own} samples\n")
    return different


@pytest.mark.slow
def test_int8_keyword_spotting_gives_every_sample_litert_s_class(data_file, tmp_path) -> None:
    path = model_file("kws_dscnn_int8")
    mfcc, labels = keywords(data_file("speech_commands_mfcc.npz"))
    assert apart_from_litert(path, quantized_as(path, mfcc), labels, tmp_path) == []


@pytest.mark.slow
def test_int8_weights_on_float_activations_give_nearly_litert_s_classes(data_file, tmp_path
                                                                        ) -> None:
    """LiteRT rounds the activations of this model while it runs; imported, they stay float."""
    path = model_file("kws_dscnn_float")
    mfcc, labels = keywords(data_file("speech_commands_mfcc.npz"))
    assert len(apart_from_litert(path, mfcc, labels, tmp_path)) <= 0.01 * len(labels)


@pytest.mark.slow
def test_int8_image_classification_parts_from_litert_only_where_means_are_rounded(
        data_file, tmp_path) -> None:
    """LiteRT rounds the half of a mean away from zero, we to even: one step, then ten classes."""
    path = model_file("ic_resnet8_int8")
    pixels, labels = pictures(data_file("cifar10_jpeg_test.npz"), 5000)
    different = apart_from_litert(path, quantized_as(path, pixels), labels, tmp_path)
    assert len(different) <= 0.01 * len(labels)
