"""Runs samples through all runtimes and adds up how far each layer is from where it should be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from edgec.lower.graph import Array, Graph, Tensor
from edgec.lower.interpret import interpret
from edgec.lower.numerics import dequantize
from edgec.measure.parity.difference import Difference, between
from edgec.measure.parity.engine_values import EngineValues
from edgec.measure.parity.machines import Machine
from edgec.measure.parity.onnx_values import OnnxValues, shifted
from edgec.measure.parity.result import Output, Pair
from edgec.measure.parity.walk import Layer, Reference, Seen, walk

FLOAT, QDQ, ONNX, REFERENCE = "float ONNX", "QDQ ONNX", "ONNX", "reference"
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


class Comparison:
    """Of one lowered graph; give it samples with `add`."""

    def __init__(self, graph: Graph, onnx: OnnxRuntimes, engines: Mapping[str, Engine]) -> None:
        self._graph, self._onnx, self._engines = graph, onnx, engines
        self._layers: dict[tuple[str, str], dict[str, Layer]] = {}
        self._outputs: dict[tuple[str, str], Difference] = {}
        self._first = onnx.name if onnx.float_model is None else FLOAT

    def add(self, inputs: Mapping[str, Array]) -> Mapping[str, Array]:
        """One sample through everything; what the reference gives for the outputs. EngineError."""
        values = interpret(self._graph, inputs, all_tensors=True)
        reference = Reference(self._graph, inputs, values)
        onnx = self._onnx.model.run(inputs)
        first = onnx
        if self._onnx.float_model is not None:
            first = self._onnx.float_model.run(inputs)
            self._collect(FLOAT, self._onnx.name, self._float_layers(first, onnx))
            self._compare_outputs(self._onnx.name, first, onnx)
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
