"""Writes one small .tflite file for each way to be malformed, and the valid one they come from.

    python tests/cases/malformed_tflite/make.py      (from the project's root, with PYTHONPATH=.)

MALFORMED maps the name of a file to what the error must say.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from tests.unit.model.tflite_import.files import Op, T, constant, int32, write

MALFORMED = {
    "truncated-half": "lies outside the file",
    "truncated-identifier": "its identifier is b''",
    "identifier": "its identifier is b'TFL2', not b'TFL3'",
    "offset-root": "lies outside the file",
    "offset-vtable": "lies outside the file",
    "offset-subgraphs": "lies outside the file",
    "vector-length": "lies outside the file",
    "subgraphs-none": "it has no subgraph",
    "subgraphs-two": "has 2 subgraphs; one can be imported",
    "operator-custom": "CUSTOM 'Weird'",
    "operator-code": "operator 4000",
    "operator-reads_before_write": "reads the tensor 'h' before any operator writes it",
    "operator-writes_twice": "writes a tensor that has a value already",
    "operator-stride_zero": "has strideH 0",
    "operator-no_options": "lacks its option 'strideH'",
    "operator-window_larger_than_image": "has a window of 9 over 4 pixels",
    "operator-reshapes_to_more": "makes [1, 9] of [1, 8]",
    "tensor-index": "is one of the tensors [0, 77]; there are",
    "tensor-negative_dim": "has the shape [1, -4]",
    "tensor-huge_shape": "has the shape [2147483647, 2147483647]",
    "tensor-buffer_index": "has buffer 99 of",
    "tensor-short_buffer": "of shape [4, 8] has 31 values",
    "tensor-odd_buffer": "has 7 bytes of FLOAT32",
    "tensor-open_shape": "has the open shape [1, -1]",
    "tensor-scales_of_no_axis": "has 3 scales and 3 zero points along axis 1",
    "tensor-scale_not_a_number": "has a scale that is not a positive number",
    "tensor-zero_point": "has a zero point outside [-128, 127]",
    "model-no_outputs": "has 1 inputs and 0 outputs",
    "model-output_not_written": "no operator writes the output 'free'",
    "shapes-do_not_fit": "the shapes in the model do not fit together",
}
WEIGHTS = np.arange(32, dtype=np.float32).reshape(4, 8)
DENSE = Op("FULLY_CONNECTED", ["x", "w", ""], ["y"], "FullyConnectedOptions")


def dense(*others: T, weights: T | None = None, x: T | None = None,
          operators: tuple[Op, ...] = (DENSE,), outputs: tuple[str, ...] = ("y",),
          subgraphs: int = 1) -> bytes:
    """x [1, 8] · w [4, 8], with something wrong."""
    tensors = [x or T("x", (1, 8)), weights or constant("w", WEIGHTS), T("y", (1, 4)), *others]
    return write(tensors, list(operators), ["x"], list(outputs), subgraphs)


def conv(**options: int) -> bytes:
    """x [1, 4, 4, 1] under a window of 9."""
    table = "Conv2DOptions" if options else ""
    tensors = [T("x", (1, 4, 4, 1)), constant("w", np.zeros((1, 9, 9, 1), np.float32)),
               T("y", (1, 4, 4, 1))]
    return write(tensors, [Op("CONV_2D", ["x", "w", ""], ["y"], table, options)], ["x"], ["y"])


def files() -> dict[str, bytes]:
    """All files by name."""
    return {"valid": dense(), **dict(_of_bytes()), **dict(_of_operators()), **dict(_of_tensors())}


def _of_bytes() -> Iterator[tuple[str, bytes]]:
    valid = dense()
    root = struct.unpack_from("<I", valid, 0)[0]
    vtable = root - struct.unpack_from("<i", valid, root)[0]
    subgraphs = root + struct.unpack_from("<H", valid, vtable + 4 + 2 * 2)[0]
    length = subgraphs + struct.unpack_from("<I", valid, subgraphs)[0]
    yield "truncated-half", valid[:len(valid) // 2]
    yield "truncated-identifier", valid[:6]
    yield "identifier", valid[:4] + b"TFL2" + valid[8:]
    yield "offset-root", _with(valid, 0, 2**31)
    yield "offset-vtable", _with(valid, root, 2**31 - 1)
    yield "offset-subgraphs", _with(valid, subgraphs, 2**32 - 1)
    yield "vector-length", _with(valid, length, 2**30)


def _with(data: bytes, position: int, value: int) -> bytes:
    return data[:position] + struct.pack("<I", value) + data[position + 4:]


def _of_operators() -> Iterator[tuple[str, bytes]]:
    relu, hidden = Op("RELU", ["h"], ["y"]), T("h", (1, 4))
    yield "subgraphs-none", dense(subgraphs=0)
    yield "subgraphs-two", dense(subgraphs=2)
    yield "operator-custom", dense(operators=(Op("custom Weird", ["x"], ["y"]),))
    code = dense(hidden, operators=(Op("DILATE", ["x"], ["y"]),))
    yield "operator-code", code.replace(struct.pack("<i", 203), struct.pack("<i", 4000))
    yield "operator-reads_before_write", dense(hidden, operators=(relu,))
    yield "operator-writes_twice", dense(operators=(DENSE, DENSE))
    yield "operator-stride_zero", conv(strideW=1)
    yield "operator-no_options", conv()
    yield "operator-window_larger_than_image", conv(padding=1, strideH=1, strideW=1)
    yield "operator-reshapes_to_more", dense(
        T("z", (1, 9)), int32("to", [1, 9]), operators=(Op("RESHAPE", ["x", "to"], ["z"]),),
        outputs=("z",))
    yield "model-no_outputs", dense(outputs=())
    yield "model-output_not_written", dense(T("free", (1, 4)), outputs=("free",))
    yield "shapes-do_not_fit", dense(
        constant("b", np.zeros(5, np.float32)),
        operators=(Op("ADD", ["x", "b"], ["y"], "AddOptions"),))


def _of_tensors() -> Iterator[tuple[str, bytes]]:
    indices = struct.pack("<Iiii", 3, 0, 1, -1)  # the inputs of the layer
    yield "tensor-index", dense().replace(indices, struct.pack("<Iiii", 2, 0, 77, -1))
    yield "tensor-negative_dim", dense(T("n", (1, -4)))
    yield "tensor-huge_shape", dense(T("n", (2**31 - 1, 2**31 - 1)))
    yield "tensor-buffer_index", dense(weights=T("w", (4, 8), changes={"buffer": 99}))
    yield "tensor-short_buffer", dense(weights=T("w", (4, 8), data=WEIGHTS.reshape(-1)[:31]))
    yield "tensor-odd_buffer", dense(weights=T("w", (4, 8), data=np.zeros(7, np.uint8)))
    yield "tensor-open_shape", dense(x=T("x", (1, 8), changes={"shapeSignature": [1, -1]}))
    integers = WEIGHTS.astype(np.int8)
    yield "tensor-scales_of_no_axis", dense(
        weights=constant("w", integers, scale=[1.0] * 3, zero=[0] * 3, axis=1))
    yield "tensor-scale_not_a_number", dense(
        weights=constant("w", integers, scale=[float("nan")], zero=[0]))
    yield "tensor-zero_point", dense(weights=constant("w", integers, scale=[1.0], zero=[500]))


if __name__ == "__main__":
    for name, data in files().items():
        Path(__file__).with_name(f"{name}.tflite").write_bytes(data)
