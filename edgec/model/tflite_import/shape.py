"""Operators that rename axes: the shape of the output says all."""

from __future__ import annotations

import math

import numpy as np

from edgec.model.tflite_import._call import Call, Importers
from edgec.model.tflite_import._graph import Unsupported


def _reshape(call: Call) -> None:
    target = call.output().shape
    if math.prod(target) != math.prod(call.shape(0)):
        raise Unsupported(f"makes {list(target)} of {list(call.shape(0))}")
    call.write(call.emit("Reshape", [call.value(0), call.integers("shape", target)]))


def _shape(call: Call) -> None:
    """Shapes are fixed, so this is a constant."""
    dtype = np.int64 if call.output().dtype == "INT64" else np.int32
    call.write(call.constant("shape", np.asarray(call.shape(0), dtype)))


PLUGIN: Importers = {"RESHAPE": _reshape, "SQUEEZE": _reshape, "EXPAND_DIMS": _reshape,
                     "SHAPE": _shape}
