"""Runs samples through all runtimes and adds up how far each layer is from where it should be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import onnx_ir as ir

from edgec.lower.graph import Array, Graph, Tensor
from edgec.lower.interpret import interpret
from edgec.lower.numerics import dequantize
from edgec.measure.parity.difference import Difference, between
from edgec.measure.parity.engine_values import EngineValues
from edgec.measure.parity.machines import Machine
from edgec.measure.parity.onnx_values import OnnxValues, shifted
from edgec.measure.parity.result import Output, Pair
from edgec.measure.parity.source_values import SourceValues
from edgec.measure.parity.stepwise import Stepwise, laid_as
from edgec.measure.parity.walk import Layer, Reference, Seen, walk

FLOAT, QDQ, ONNX, REFERENCE = "float ONNX", "QDQ ONNX", "ONNX", "reference"
SOURCE = "source file"
_QUANTIZERS = ("QuantizeLinear", "DequantizeLinear")


@dataclass(frozen=True)
class Engine:
    """A backend's graph, its values, and where it runs."""

    graph: Graph
    values: EngineValues
    machine: Machine


@dataclass(frozen=True)
class OnnxRuntimes:
    """The model in ONNX Runtime, and the float model that it was quantized from, if there is one.

    name: "QDQ ONNX", or "ONNX" when the model is not quantized. nodes: name and op of the node
    that writes each value of the float model.
    """

    name: str
    model: OnnxValues
    float_model: OnnxValues | None = None
    nodes: Mapping[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Source:
    """The .tflite file that a model was imported from, and the model."""

    values: SourceValues
    model: ir.Model


class Comparison:
    """Of one lowered graph; give it samples with `add`."""

    def __init__(self, graph: Graph, onnx: OnnxRuntimes, engines: Mapping[str, Engine],
                 source: Source | None = None) -> None:
        self._graph, self._onnx, self._engines, self._source = graph, onnx, engines, source
        self._stepwise: Stepwise | None = None
        self._layers: dict[tuple[str, str], dict[str, Layer]] = {}
        self._outputs: dict[tuple[str, str], Difference] = {}
        self._first = (FLOAT if onnx.float_model is not None else
                       onnx.name if source is None else SOURCE)

    def add(self, inputs: Mapping[str, Array]) -> Mapping[str, Array]:
        """One sample through everything; what the reference gives for the outputs. EngineError."""
        values = interpret(self._graph, inputs, all_tensors=True)
        reference = Reference(self._graph, inputs, values)
        onnx = self._onnx.model.run(inputs)
        first: Mapping[str, Array] = onnx
        if self._onnx.float_model is not None:
            first = self._onnx.float_model.run(inputs)
            self._collect(FLOAT, self._onnx.name, self._float_layers(first, onnx))
            self._compare_outputs(self._onnx.name, first, onnx)
        if self._source is not None:
            first = self._add_source(self._source, reference, onnx, first)
        self._collect(self._onnx.name, REFERENCE, walk(self._graph, self._seen(onnx), reference))
        self._compare_outputs(REFERENCE, first, values)
        for name in self._engines:
            self._add_engine(name, reference, first)
        return {name: values[name] for name in self._graph.outputs}

    def pairs(self) -> tuple[Pair, ...]:
        """What was found about layers."""
        return tuple(Pair(expected, got, tuple(layers.values()), judged=expected != FLOAT)
                     for (expected, got), layers in self._layers.items())

    def outputs(self) -> tuple[Output, ...]:
        """What was found about model outputs."""
        return tuple(Output(runtime, self._first, tensor, found)
                     for (runtime, tensor), found in self._outputs.items())

    def _add_source(self, source: Source, reference: Reference, onnx: Mapping[str, Array],
                    first: Mapping[str, Array]) -> Mapping[str, Array]:
        """Layers of the file against the imported model, and against the references."""
        found = source.values.run(reference.inputs)
        self._collect(SOURCE, self._onnx.name,
                      self._imported(source, reference.inputs, onnx, found))
        if self._onnx.name == QDQ:  # in float32 few of the file's tensors are left to be seen
            self._collect(SOURCE, REFERENCE, walk(self._graph, self._seen(found), reference))
        if self._first != SOURCE:
            self._compare_outputs(SOURCE, first, found)
            return first
        self._compare_outputs(self._onnx.name, found, onnx)
        return found

    def _imported(self, source: Source, inputs: Mapping[str, Array], onnx: Mapping[str, Array],
                  found: Mapping[str, Array]) -> Iterator[Layer]:
        """Each operator of the file: what its nodes make of the values that LiteRT gave it."""
        laid = {name: laid_as(found[name], onnx[name]) for name in found if name in onnx}
        given = {name: value for name, value in laid.items() if value is not None}
        if self._stepwise is None:
            self._stepwise = Stepwise(source.model, SOURCE, given)
        made = self._stepwise.run(inputs, given)
        for name, value in given.items():
            yield Layer(name.split(";")[0], source.values.operators[name], name, str(value.dtype),
                        between(value, made[name]), between(value, onnx[name]))

    def _add_engine(self, name: str, reference: Reference, first: Mapping[str, Array]) -> None:
        engine = self._engines[name]
        values = engine.values.run(engine.machine, reference.inputs)
        self._collect(REFERENCE, name, walk(engine.graph, lambda t, _: values.get(t.name),
                                            reference))
        self._compare_outputs(name, first, values)

    def _seen(self, onnx: Mapping[str, Array]) -> Seen:
        def seen(tensor: Tensor, expected: Array) -> Array | None:
            return self._onnx.model.as_tensor(tensor, onnx, expected)
        return seen

    def _float_layers(self, expected: Mapping[str, Array], got: Mapping[str, Array]
                      ) -> Iterator[Layer]:
        for tensor, (name, op) in self._onnx.nodes.items():
            a, b = expected.get(tensor), got.get(tensor)
            if (a is not None and b is not None and op not in _QUANTIZERS
                    and (a.shape, a.dtype.kind, b.dtype.kind) == (b.shape, "f", "f")):
                found = between(a, b)
                yield Layer(name, op, tensor, "f32", found, found)

    def _collect(self, expected: str, got: str, layers: Iterator[Layer]) -> None:
        kept = self._layers.setdefault((expected, got), {})
        for layer in layers:
            kept[layer.tensor] = kept[layer.tensor] + layer if layer.tensor in kept else layer

    def _compare_outputs(self, runtime: str, first: Mapping[str, Array],
                         values: Mapping[str, Array]) -> None:
        for name in self._graph.outputs:
            if name in first and name in values:
                found = _output_difference(self._graph.tensors[name], first[name], values[name])
                key = (runtime, name)
                self._outputs[key] = self._outputs[key] + found if key in self._outputs else found


def _output_difference(tensor: Tensor, expected: Array, got: Array) -> Difference:
    """Of a model output: in steps where both are integers, else in what they stand for."""
    a, b = shifted(tensor, expected), shifted(tensor, got)
    if a.dtype.kind == b.dtype.kind or tensor.quantization is None:
        return between(a, b, tensor)
    scale, zero_point = tensor.quantization.scale, tensor.quantization.zero_point
    real, other = (v if v.dtype.kind == "f" else dequantize(v, scale, zero_point) for v in (a, b))
    return between(real, other)
