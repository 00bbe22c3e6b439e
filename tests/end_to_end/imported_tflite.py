"""How far our results are from LiteRT's on the operators of .tflite files, one operator at a time.

    python -m tests.end_to_end.imported_tflite MODEL.tflite ...      (scripts/imported-tflite)

Each operator is cut out of the file. LiteRT runs the cut with XNNPACK and with its own reference
kernels, we run it imported and lowered, all on the same input: what LiteRT with XNNPACK computed
before. Whole models: the same, from the model's input to its output.
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edgec.lower.interpret import interpret
from edgec.lower.lower import lower
from edgec.model.load import normalize
from edgec.model.tflite_import._file import TfGraph, TfOperator, parse
from edgec.model.tflite_model import import_tflite

Array = npt.NDArray[Any]
KERNELS = ("XNNPACK", "reference kernels")
SEED, RUNS = 20, 4


@dataclass
class Row:
    """All operators of one kind. differ, largest: per kernels of LiteRT, in steps."""

    operators: int = 0
    values: int = 0
    differ: tuple[int, int] = (0, 0)
    largest: tuple[int, int] = (0, 0)

    def add(self, apart: Sequence[Array]) -> None:
        """The distances of one run from each kernels' result."""
        self.values += apart[0].size
        first, second = (int(np.count_nonzero(a)) for a in apart)
        self.differ = self.differ[0] + first, self.differ[1] + second
        first, second = (int(a.max(initial=0)) for a in apart)
        self.largest = max(self.largest[0], first), max(self.largest[1], second)


def compare(path: Path, inputs: Sequence[Array]) -> dict[str, Row]:
    """One row per kind of operator, of a file with one int8 input; "whole model" is the last."""
    data = path.read_bytes()
    graph = parse(data, str(path))
    ways = [_ways(graph, data, number) for number in range(len(graph.operators))]
    whole = _Ways(replace(graph), data)
    rows: dict[str, Row] = {}
    for operator in graph.operators:
        rows.setdefault(operator.code, Row()).operators += 1
    rows["whole model"] = Row(1)
    for x in inputs:
        values = {graph.inputs[0]: x}
        for operator, way in zip(graph.operators, ways, strict=True):
            results, apart = way.run([values[i] for i in way.graph.inputs])
            values[operator.outputs[0]] = results
            rows[operator.code].add(apart)
        rows["whole model"].add(whole.run([x])[1])
    return rows


def _ways(graph: TfGraph, data: bytes, number: int) -> _Ways:
    operator = graph.operators[number]
    inputs = tuple(dict.fromkeys(i for i in operator.inputs
                                 if i >= 0 and graph.tensors[i].data is None))
    cut = replace(graph, operators=(operator,), inputs=inputs, outputs=operator.outputs)
    return _Ways(cut, cut_file(data, number, operator, inputs))


def cut_file(data: bytes, number: int, operator: TfOperator, inputs: tuple[int, ...]) -> bytes:
    """A .tflite file with that operator alone."""
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    model = copy.copy(_unpacked(data))
    model.signatureDefs = None
    part = copy.copy(model.subgraphs[0])
    part.operators = [part.operators[number]]
    part.inputs, part.outputs = list(inputs), list(operator.outputs)
    model.subgraphs = [part]
    builder = flatbuffers.Builder(len(data))
    builder.Finish(model.Pack(builder), b"TFL3")
    assert schema.Model.ModelBufferHasIdentifier(bytes(builder.Output()), 0)
    return bytes(builder.Output())


def with_uint8_ends(data: bytes) -> bytes:
    """An int8 file with QUANTIZE from uint8 in front and to uint8 behind, as TensorFlow's converter
    writes it when it is asked for uint8 inputs and outputs."""
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT.InitFromPackedBuf(data, 0)
    graph, model.signatureDefs = model.subgraphs[0], None
    model.operatorCodes.append(schema.OperatorCodeT(
        deprecatedBuiltinCode=schema.BuiltinOperator.QUANTIZE, version=1,
        builtinCode=schema.BuiltinOperator.QUANTIZE))
    x, y = int(graph.inputs[0]), int(graph.outputs[0])
    given, made = (_as_uint8(graph, index) for index in (x, y))
    for place, ends in ((0, (given, x)), (len(graph.operators) + 1, (y, made))):
        graph.operators.insert(place, schema.OperatorT(
            opcodeIndex=len(model.operatorCodes) - 1, inputs=[ends[0]], outputs=[ends[1]]))
    graph.inputs, graph.outputs = [given], [made]
    builder = flatbuffers.Builder(len(data))
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _as_uint8(graph: Any, index: int) -> int:
    """The index of a new tensor of the same real numbers."""
    from ai_edge_litert import schema_py_generated as schema

    made = copy.copy(graph.tensors[index])
    made.name, made.type, made.buffer = f"uint8_{index}", schema.TensorType.UINT8, 0
    made.quantization = copy.copy(made.quantization)
    made.quantization.zeroPoint = [int(zero) + 128 for zero in made.quantization.zeroPoint]
    graph.tensors.append(made)
    return len(graph.tensors) - 1


@cache
def _unpacked(data: bytes) -> Any:
    from ai_edge_litert import schema_py_generated as schema

    return schema.ModelT.InitFromPackedBuf(data, 0)


class _Ways:
    """A file in LiteRT, with both kinds of kernels, and its graph in ours."""

    def __init__(self, graph: TfGraph, data: bytes) -> None:
        self.graph = graph
        self._ours = lower(normalize(import_tflite(graph, "the cut")))
        self._theirs = interpreters(data)

    def run(self, values: Sequence[Array]) -> tuple[Array, list[Array]]:
        """LiteRT's result with XNNPACK, and how far ours is from each of LiteRT's."""
        ours, = interpret(self._ours, dict(zip(self._ours.inputs, values, strict=True))).values()
        theirs = [run_litert(interpreter, values) for interpreter in self._theirs]
        return theirs[0], [np.abs(ours.astype(np.int64) - t.astype(np.int64)) for t in theirs]


def interpreters(data: bytes) -> list[Any]:
    """LiteRT with XNNPACK, and with its reference kernels."""
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    made = [Interpreter(model_content=data, num_threads=1, experimental_op_resolver_type=kind)
            for kind in (OpResolverType.AUTO, OpResolverType.BUILTIN_REF)]
    for interpreter in made:
        interpreter.allocate_tensors()
    return made


def run_litert(interpreter: Any, values: Sequence[Array]) -> Array:
    """The first output of one run."""
    for details, value in zip(interpreter.get_input_details(), values, strict=True):
        interpreter.set_tensor(details["index"], value)
    interpreter.invoke()
    return np.asarray(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]))


def any_inputs(path: Path) -> list[Array]:
    """Random int8 inputs of a file, from a fixed seed."""
    graph = parse(path.read_bytes(), str(path))
    random = np.random.default_rng(SEED)
    shape = graph.tensors[graph.inputs[0]].shape
    return [random.integers(-128, 128, shape).astype(np.int8) for _ in range(RUNS)]


def table(path: Path) -> Iterator[str]:
    """The rows of a Markdown table."""
    for kind, row in compare(path, any_inputs(path)).items():
        cells = [f"{row.differ[i]} | {row.largest[i]}" for i in range(2)]
        yield f"| {path.stem} | {kind} | {row.operators} | {row.values} | {' | '.join(cells)} |"


if __name__ == "__main__":
    print("| model | operator | operators | values | differ from XNNPACK | largest, in steps "  # noqa: T201
          "| differ from reference kernels | largest |\n|---|---|---:|---:|---:|---:|---:|---:|")
    for word in sys.argv[1:]:
        print("\n".join(table(Path(word))), flush=True)  # noqa: T201
