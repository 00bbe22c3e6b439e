"""Runs an ONNX graph in torch, differentiably, so that any ONNX file can be trained further."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import onnx_ir as ir
import torch
from onnx_ir.passes.common import InlinePass
from torch import Tensor

from edgec.errors import DataError, ModelError, UnsupportedOps
from edgec.model.exits import read_exits
from edgec.model.handler import Call, Handler, handlers, op_key
from edgec.model.passes.fold_constants import constant_value
from edgec.model.tensors import TORCH_TYPES, from_torch, to_torch, torch_type


@dataclass(frozen=True)
class _Step:
    """One node, ready to run. `last` are the values that nothing needs afterwards."""

    handler: Handler
    call: Call
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    last: tuple[str, ...]


class TorchGraph(torch.nn.Module):
    """An ONNX model as a torch module: same inputs, same outputs, same names.

    Learned weights are parameters (see `trainable`), all other constants are buffers. `trainable`
    names the initializers to be learned, instead of those that `trainable_weights` finds. In
    training mode BatchNormalization uses the batch's statistics and updates the running ones.
    A batch larger than the model's own is fine as long as the graph keeps the batch first.
    `inputs` and `outputs` are names; `exits` the model's early ones, which end no run here;
    `makers` the node that makes each value, to look at only.
    UnsupportedOps lists every node that cannot run. The model given is not changed.
    """

    def __init__(self, model: ir.Model, trainable: Collection[str] | None = None) -> None:
        super().__init__()
        self._model = InlinePass()(model.clone()).model
        _refuse_unsupported(self._model)
        learned = set(trainable_weights(self._model) if trainable is None else trainable)
        if unknown := learned - set(self._model.graph.initializers):
            raise ModelError(f"no constant of the model is named {', '.join(sorted(unknown))}, so "
                             "it cannot be trained.")
        self._attributes: dict[str, str] = {}
        for name, tensor in _constants(self._model.graph):
            self._hold(name, to_torch(tensor), name in learned)
        self._steps = _plan(self._model)
        self.makers: Mapping[str, ir.Node] = {
            str(value.name): node for node in self._model.graph for value in node.outputs}
        self.inputs = tuple(str(value.name) for value in self._model.graph.inputs
                            if value.name not in self._attributes)
        self.outputs = tuple(str(value.name) for value in self._model.graph.outputs)
        self.exits = read_exits(self._model)

    def forward(self, *args: Tensor, **kwargs: Tensor) -> tuple[Tensor, ...]:
        """The outputs, in order, for inputs in order or by name (with ** for names with dots)."""
        results = self.values(self._bind(args, kwargs), self.outputs)
        return tuple(_as_declared(results[str(value.name)], value)
                     for value in self._model.graph.outputs)

    def values(self, inputs: Mapping[str, Tensor], names: Sequence[str]) -> dict[str, Tensor]:
        """Any values of the graph, by name, for inputs by name.

        What QuantizeLinear makes are integers held in floats. ModelError for an unknown name.
        """
        wanted = set(names)
        if unknown := wanted - self._known():
            raise ModelError(f"the model has no value named {', '.join(sorted(unknown))}.")
        found = {name: getattr(self, attribute) for name, attribute in self._attributes.items()}
        found.update(inputs)
        for step in self._steps:
            results = step.handler.run(step.call, *(found.get(name) for name in step.inputs))
            for name, result in zip(step.outputs, _as_tuple(results), strict=False):
                found[name] = result
            for name in step.last:
                if name not in wanted:
                    del found[name]
        return {name: found[name] for name in names}

    def train(self, mode: bool = True) -> TorchGraph:
        """Training or inference mode, for BatchNormalization."""
        super().train(mode)
        self._steps = tuple(replace(step, call=replace(step.call, training=mode))
                            for step in self._steps)
        return self

    def weights(self) -> dict[str, torch.nn.Parameter]:
        """The learned parameters, by the names that they have in the model."""
        named = ((name, getattr(self, attribute)) for name, attribute in self._attributes.items())
        return {name: value for name, value in named if isinstance(value, torch.nn.Parameter)}

    def constant(self, name: str) -> Tensor:
        """What the graph holds for an initializer, learned or not; changes to it count."""
        held: Tensor = getattr(self, self._attributes[name])
        return held

    def to_model(self) -> ir.Model:
        """A copy of the model with the present weights and running statistics."""
        model = self._model.clone()
        for name, value in model.graph.initializers.items():
            old = value.const_value
            assert old is not None
            if old.dtype.is_floating_point():
                value.const_value = from_torch(getattr(self, self._attributes[name]), old.dtype,
                                               name)
        return model

    def _hold(self, name: str, tensor: Tensor, learned: bool) -> None:
        attribute = f"value {len(self._attributes)} {name.replace('.', '/')}"
        self._attributes[name] = attribute
        if learned:
            self.register_parameter(attribute, torch.nn.Parameter(tensor))
        else:
            self.register_buffer(attribute, tensor)

    def _bind(self, args: Sequence[Tensor], kwargs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        bound = dict(zip(self.inputs, args, strict=False)) | dict(kwargs)
        if len(args) > len(self.inputs) or set(bound) != set(self.inputs):
            raise DataError(f"got the inputs {sorted(kwargs)} by name and {len(args)} in order; "
                            f"the model takes: {', '.join(self.inputs)}.")
        return bound

    def _known(self) -> set[str]:
        made = {name for step in self._steps for name in step.outputs}
        return made | set(self._attributes) | set(self.inputs)


def trainable_weights(model: ir.Model) -> tuple[str, ...]:
    """The initializers that training should change: floats that enter a layer as its weights.

    Those are the inputs that an op's handler names, for example weight and bias of Conv. Single
    numbers in arithmetic, running statistics, and the scales of QDQ nodes are not among them.
    """
    found = []
    for name, value in model.graph.initializers.items():
        tensor = value.const_value
        if tensor is None or not tensor.dtype.is_floating_point():
            continue
        if any(_learns(handlers().get(op_key(node)), slot, tensor.size)
               for node, slot in value.uses()):
            found.append(name)
    return tuple(found)


def _learns(handler: Handler | None, slot: int, size: int) -> bool:
    return (handler is not None and slot in handler.trains
            and (size > 1 or handler.single_numbers))


def _refuse_unsupported(model: ir.Model) -> None:
    refused = []
    for node in model.graph:
        if node.op_type == "Constant" and constant_value(node) is not None:
            continue
        handler = handlers().get(op_key(node))
        reason = "" if handler is None else _refusal(handler, model, node)
        if handler is None or reason:
            refused.append((node.name or "", op_key(node) + (f" ({reason})" if reason else "")))
    if refused:
        raise UnsupportedOps("the torch executor", refused)


def _refusal(handler: Handler, model: ir.Model, node: ir.Node) -> str:
    for value in (*node.inputs, *node.outputs):
        if value is None or value.type is None:
            continue
        if not isinstance(value.type, ir.TensorType):
            return "a value that is not a tensor"
        if value.type.dtype not in TORCH_TYPES:
            return f"element type {value.type.dtype.name}"
    return handler.refuses(_call(model, node))


def _constants(graph: ir.Graph) -> Iterator[tuple[str, ir.TensorProtocol]]:
    for name, value in graph.initializers.items():
        if value.const_value is not None:
            yield name, value.const_value
    for node in graph:
        if node.op_type == "Constant" and not node.domain:
            tensor = constant_value(node)
            assert tensor is not None
            yield str(node.outputs[0].name), tensor


def _plan(model: ir.Model) -> tuple[_Step, ...]:
    """The steps in order; each knows which values it is the last to read."""
    nodes = [node for node in model.graph if node.op_type != "Constant" or node.domain]
    computed = {str(v.name) for node in nodes for v in node.outputs}
    remaining = set(computed) - {str(v.name) for v in model.graph.outputs}
    steps = []
    for node in reversed(nodes):
        names = tuple("" if v is None else str(v.name) for v in node.inputs)
        touched = {*names, *(str(v.name) for v in node.outputs if v.name)}
        last = tuple(sorted(touched & remaining))
        remaining -= touched
        steps.append(_Step(handlers()[op_key(node)], _call(model, node), names,
                           tuple(str(v.name) for v in node.outputs), last))
    return tuple(reversed(steps))


def _call(model: ir.Model, node: ir.Node) -> Call:
    first = node.outputs[0].shape
    dims = () if first is None else tuple(dim for dim in first if isinstance(dim, int))
    static = first is not None and len(dims) == len(first)
    return Call(
        name=node.name or "", op=node.op_type, opset=model.opset_imports.get(node.domain, 1),
        attributes={name: _plain(attr) for name, attr in node.attributes.items()},
        input_types=tuple(None if v is None else v.dtype for v in node.inputs),
        output_types=tuple(v.dtype for v in node.outputs),
        output_shape=dims if static else None)


def _plain(attribute: ir.Attr) -> Any:
    return attribute.value


def _as_tuple(results: Tensor | tuple[Tensor | None, ...]) -> tuple[Tensor | None, ...]:
    return results if isinstance(results, tuple) else (results,)


def _as_declared(tensor: Tensor, value: ir.Value) -> Tensor:
    """Quantized outputs become integers again."""
    if value.dtype is None or not tensor.is_floating_point() or not value.dtype.is_integer():
        return tensor
    return tensor.to(torch_type(value.dtype))
