"""An imported .tflite file in LiteRT, beside what was made of it: whose is a difference?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgec.errors import ModelError
from edgec.model.tflite_expose import expose_tflite
from edgec.parity import ParityOptions, parity
from tests.end_to_end.imported_tflite import with_uint8_ends
from tests.unit.model.tflite_import.files import Op, T, constant, write
from tests.unit.model.tflite_import.test_types import CONV, W_SCALE, B, W, int8_conv

SOURCE, NATIVE = "source file", ParityOptions(backends=("native",))


def two_layers() -> bytes:
    """int8: x → conv → a → softmax → y."""
    tensors = [T("x", (1, 5, 5, 2), "int8", scale=[0.05], zero=[3]),
               constant("w", W, scale=W_SCALE, zero=[0, 0, 0]),
               constant("b", B, scale=[np.float32(0.05) * np.float32(s) for s in W_SCALE]),
               T("a", (1, 5, 5, 3), "int8", scale=[0.07], zero=[-10]),
               T("y", (1, 5, 5, 3), "int8", scale=[1 / 256], zero=[-128])]
    return write(tensors, [Op("CONV_2D", ["x", "w", "b"], ["a"], "Conv2DOptions", CONV),
                           Op("SOFTMAX", ["a"], ["y"], "SoftmaxOptions", {"beta": 1.0})],
                 ["x"], ["y"])


def saved(folder: Path, data: bytes) -> str:
    path = folder / "m.tflite"
    path.write_bytes(data)
    return str(path)


@pytest.mark.parametrize("data", [int8_conv(), with_uint8_ends(int8_conv()), two_layers()],
                         ids=["int8", "uint8", "two_layers"])
def test_file_in_litert_agrees_with_what_is_made_of_it(data: bytes, tmp_path: Path) -> None:
    found = parity(saved(tmp_path, data), NATIVE)
    assert found.violations == ()
    assert [(p.expected, p.got) for p in found.pairs] == [
        (SOURCE, "QDQ ONNX"), (SOURCE, "reference"), ("QDQ ONNX", "reference"),
        ("reference", "native")]
    assert {o.against for o in found.outputs} == {SOURCE}
    assert all(o.difference.largest <= 1 for o in found.outputs)


def test_layers_of_the_file_are_its_operators(tmp_path: Path) -> None:
    found = parity(saved(tmp_path, two_layers()), NATIVE)
    assert [(x.name, x.op) for x in found.pairs[0].layers] == [("a", "CONV_2D"), ("y", "SOFTMAX")]


def test_what_the_import_takes_otherwise_is_the_import_s(tmp_path: Path) -> None:
    """LiteRT rounds the activations of such a layer, the imported model does not."""
    tensors = [T("x", (1, 5, 5, 2)), constant("w", W, scale=W_SCALE, zero=[0, 0, 0]),
               constant("b", np.ones(3, np.float32)), T("y", (1, 5, 5, 3))]
    data = write(tensors, [Op("CONV_2D", ["x", "w", "b"], ["y"], "Conv2DOptions", CONV)],
                 ["x"], ["y"])
    found = parity(saved(tmp_path, data), NATIVE)
    assert found.violations
    assert all(line.startswith("ONNX against source file, y (CONV_2D)")
               for line in found.violations)


def test_file_that_litert_refuses_is_left_out_with_the_reason(tmp_path: Path) -> None:
    found = parity(saved(tmp_path, int8_conv(activation="uint8")), NATIVE)
    assert "CONV_2D) failed to prepare" in found.skipped[SOURCE]
    assert [p.got for p in found.pairs] == ["reference", "native"]


def test_every_written_tensor_is_seen_in_as_many_files_as_needed() -> None:
    parts = list(expose_tflite(two_layers(), "m.tflite", 1))
    assert [part.outputs for part in parts] == [{"a": "CONV_2D"}, {"y": "SOFTMAX"}]


def test_file_that_is_none_is_a_model_error() -> None:
    with pytest.raises(ModelError, match=r"m\.tflite cannot be read as a TensorFlow Lite model"):
        list(expose_tflite(b"no model at all", "m.tflite", 1))
