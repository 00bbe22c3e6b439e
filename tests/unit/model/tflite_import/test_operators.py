"""Operators that our own .tflite files do not have: imported, ONNX Runtime gives LiteRT's results.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgec.model.load import load_model
from edgec.model.onnxruntime import run_onnx
from tests.unit.model.tflite_import.files import Op, T, constant, int32, write

pytest.importorskip("ai_edge_litert.interpreter")
RANDOM = np.random.default_rng(11)
X = T("x", (1, 4, 6, 4))


def floats(*shape: int) -> np.ndarray:
    return RANDOM.normal(size=shape).astype(np.float32)


def one(code: str, output: tuple[int, ...], *more: T, table: str = "", x: T = X,
        first: bool = True, **options: Any) -> bytes:
    """A file with one operator on x and constants."""
    names = [t.name for t in more]
    inputs = ["x", *names] if first else [*names, "x"]
    return write([x, *more, T("y", output, x.dtype, scale=x.scale, zero=x.zero)],
                 [Op(code, inputs, ["y"], table, options)], ["x"], ["y"])


def parts(code: str, outputs: list[tuple[int, ...]], *more: T, table: str, first: bool,
          **options: Any) -> bytes:
    """The same with several outputs."""
    names = [t.name for t in more]
    made = [T(f"y{i}", shape) for i, shape in enumerate(outputs)]
    return write([X, *more, *made],
                 [Op(code, ["x", *names] if first else [*names, "x"], [t.name for t in made], table,
                     options)], ["x"], [t.name for t in made])


def resized(half: bool, corners: bool, size: tuple[int, int]) -> bytes:
    return one("RESIZE_NEAREST_NEIGHBOR", (1, *size, 4), int32("size", size),
               table="ResizeNearestNeighborOptions", halfPixelCenters=half, alignCorners=corners)


def cases() -> Iterator[tuple[str, bytes]]:
    yield from windows()
    yield from movements()
    for code in ("RELU_N1_TO_1", "RELU_0_TO_1", "RELU6", "SQUARE", "ELU", "LOG_SOFTMAX"):
        yield code.lower(), one(code, (1, 4, 6, 4))
    yield "prelu", one("PRELU", (1, 4, 6, 4), constant("slope", floats(1, 1, 4)))
    yield "softmax_beta", one("SOFTMAX", (1, 4, 6, 4), table="SoftmaxOptions", beta=0.5)
    for code in ("REDUCE_MIN", "REDUCE_PROD", "SUM"):
        yield code.lower(), one(code, (1, 4, 4), int32("axes", [2]), table="ReducerOptions")
    yield "matmul_adjoint", one("BATCH_MATMUL", (1, 4, 4, 5), constant("w", floats(1, 4, 5, 6)),
                                table="BatchMatMulOptions", adjX=True, adjY=True)
    yield "dense_activation", one(
        "FULLY_CONNECTED", (4, 3), constant("w", floats(3, 24)), constant("b", floats(3)),
        table="FullyConnectedOptions", fusedActivationFunction=3)


def windows() -> Iterator[tuple[str, bytes]]:
    steps = {"padding": 0, "strideH": 2, "strideW": 1}
    yield "depth_multiplier", one(
        "DEPTHWISE_CONV_2D", (1, 2, 6, 8), constant("w", floats(1, 3, 2, 8)),
        constant("b", floats(8)), table="DepthwiseConv2DOptions", depthMultiplier=2, **steps)
    yield "grouped_conv", one("CONV_2D", (1, 2, 6, 6), constant("w", floats(6, 3, 3, 2)),
                              constant("b", floats(6)), table="Conv2DOptions", **steps)
    yield "pool_counts_no_padding", one(
        "AVERAGE_POOL_2D", (1, 2, 6, 4), table="Pool2DOptions", filterHeight=3, filterWidth=3,
        **steps)
    for name, size, padding in (("same", (8, 12), 0), ("valid", (9, 13), 1)):
        yield f"transpose_conv_{name}", one(
            "TRANSPOSE_CONV", (1, *size, 2), int32("shape", (1, *size, 2)),
            constant("w", floats(2, 3, 3, 4)), first=False, table="TransposeConvOptions",
            padding=padding, strideH=2, strideW=2)
    for half, corners, size in (
            (False, False, (7, 5)), (True, False, (7, 5)), (True, False, (2, 3)),
            (False, True, (7, 9)), (False, True, (2, 3))):
        yield f"nearest_{half}_{corners}_{size}", resized(half, corners, size)


def movements() -> Iterator[tuple[str, bytes]]:
    yield "split", parts("SPLIT", [(1, 4, 3, 4)] * 2, int32("axis", 2), table="SplitOptions",
                         first=False, numSplits=2)
    yield "split_v", parts("SPLIT_V", [(1, 4, 6, 1), (1, 4, 6, 3)], int32("sizes", [1, 3]),
                           int32("axis", -1), table="SplitVOptions", first=True, numSplits=2)
    yield "unpack", parts("UNPACK", [(1, 6, 4)] * 4, table="UnpackOptions", first=True, axis=1,
                          num=4)
    yield "pack", write([X, T("y", (1, 2, 4, 6, 4))],
                        [Op("PACK", ["x", "x"], ["y"], "PackOptions", {"axis": 1,
                                                                       "valuesCount": 2})],
                        ["x"], ["y"])
    yield "tile", one("TILE", (1, 8, 6, 12), int32("repeats", [1, 2, 1, 3]))
    yield "broadcast_to", one("BROADCAST_TO", (3, 4, 6, 4), int32("shape", [3, 4, 6, 4]))
    yield "space_to_depth", one("SPACE_TO_DEPTH", (1, 2, 3, 16), table="SpaceToDepthOptions",
                                blockSize=2)
    yield "depth_to_space", one("DEPTH_TO_SPACE", (1, 8, 12, 1), table="DepthToSpaceOptions",
                                blockSize=2)
    yield "squeeze", one("SQUEEZE", (4, 6, 4), table="SqueezeOptions", squeezeDims=[0])
    yield "expand_dims", one("EXPAND_DIMS", (1, 1, 4, 6, 4), int32("axis", 0))
    yield "strided_slice_masks", one(
        "STRIDED_SLICE", (1, 2, 4), int32("begin", [0, 2, 5, 0]), int32("end", [1, 3, 0, 9]),
        int32("strides", [1, 1, -3, 1]), table="StridedSliceOptions", beginMask=8, endMask=12,
        shrinkAxisMask=2)
    yield "slice_to_end", one("SLICE", (1, 3, 2, 4), int32("begin", [0, 1, 4, 0]),
                              int32("size", [1, -1, 2, -1]))


CASES = dict(cases())


@pytest.mark.parametrize("name", CASES)
def test_import_gives_litert_s_results(name: str, tmp_path: Path) -> None:
    agree(CASES[name], tmp_path)


def agree(data: bytes, folder: Path, inputs: dict[str, np.ndarray] | None = None,
          most: float = 1e-5) -> None:
    """ONNX Runtime on the imported file gives what LiteRT gives, within `most`."""
    path = folder / "model.tflite"
    path.write_bytes(data)
    model = load_model(path)
    given = inputs or {str(v.name): floats(*map(int, v.shape)) for v in model.graph.inputs}
    expected, got = litert(data, given), run_onnx(model, given)
    assert [str(v.name) for v in model.graph.outputs] == list(expected)
    for name, values in expected.items():
        assert got[name].dtype == values.dtype
        np.testing.assert_allclose(got[name].astype(np.float64), values.astype(np.float64),
                                   rtol=0, atol=most)


def litert(data: bytes, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Outputs by name, of LiteRT without XNNPACK."""
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    interpreter = Interpreter(model_content=data,
                              experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES)
    interpreter.allocate_tensors()
    for details in interpreter.get_input_details():
        interpreter.set_tensor(details["index"], inputs[details["name"]])
    interpreter.invoke()
    return {d["name"]: interpreter.get_tensor(d["index"])
            for d in interpreter.get_output_details()}
