"""Unknown dimensions of a model's inputs: bound to numbers, since a board runs one fixed shape."""

from __future__ import annotations

from collections.abc import Mapping

import onnx_ir as ir

from edgec.errors import ModelError


def bind_dims(model: ir.Model, shapes: Mapping[str, tuple[int, ...]] | None = None) -> ir.Model:
    """Gives every input of `model` a static shape, in place, and returns it.

    `shapes` names whole input shapes. A symbol that they bind is bound everywhere; an unknown
    first dimension that is left is a batch and becomes 1. Shapes inside the graph that mention a
    symbol are forgotten, for `passes.infer_shapes` to find anew. ModelError names what is left.
    """
    inputs = [value for value in model.graph.inputs
              if value.name not in model.graph.initializers]
    symbols = _given_symbols({str(value.name): value for value in inputs}, shapes or {})
    for value in inputs:
        _bind_batch(value, symbols, shapes or {})
    for value in inputs:
        value.shape = ir.Shape(_static_dims(value, symbols, shapes or {}))
    _forget_symbolic_shapes(model.graph)
    return model


def _given_symbols(inputs: Mapping[str, ir.Value],
                   shapes: Mapping[str, tuple[int, ...]]) -> dict[str, int]:
    """What the given shapes say about symbols; ModelError when they do not fit the inputs."""
    symbols: dict[str, int] = {}
    for name, dims in shapes.items():
        if name not in inputs:
            raise ModelError(f"the model has no input {name!r}, for which a shape was given. "
                             f"Its inputs are: {', '.join(inputs)}.")
        declared = inputs[name].shape
        if any(dim < 1 for dim in dims):
            raise ModelError(f"the shape {dims} given for input {name!r} has a dimension below 1.")
        if declared is None:
            continue
        if len(declared) != len(dims):
            raise ModelError(f"the shape {dims} given for input {name!r} has {len(dims)} "
                             f"dimensions; the model has {len(declared)}: {_text(declared)}.")
        for own, dim in zip(declared, dims, strict=True):
            _unify(name, own, dim, symbols)
    return symbols


def _unify(name: str, own: int | ir.SymbolicDim, dim: int, symbols: dict[str, int]) -> None:
    symbol = own.value if isinstance(own, ir.SymbolicDim) else None
    known = own if isinstance(own, int) else symbols.get(symbol or "")
    if known is not None and known != dim:
        raise ModelError(f"the shape given for input {name!r} has {dim} where the model has "
                         f"{known}{f' (for {symbol!r})' if symbol else ''}. Give a shape that "
                         "fits the model.")
    if symbol:
        symbols[symbol] = dim


def _bind_batch(value: ir.Value, symbols: dict[str, int],
                shapes: Mapping[str, tuple[int, ...]]) -> None:
    if value.name in shapes or value.shape is None or len(value.shape) == 0:
        return
    first = value.shape[0]
    if isinstance(first, ir.SymbolicDim) and first.value:
        symbols.setdefault(first.value, 1)


def _static_dims(value: ir.Value, symbols: Mapping[str, int],
                 shapes: Mapping[str, tuple[int, ...]]) -> tuple[int, ...]:
    given = shapes.get(str(value.name))
    if given is not None:
        return given
    if value.shape is None:
        raise ModelError(f"input {value.name!r} has no shape. Give it one: "
                         f"--shape {value.name}=1,3,224,224 (with this model's numbers).")
    dims: list[int] = []
    for index, dim in enumerate(value.shape):
        known = dim if isinstance(dim, int) else symbols.get(dim.value or "", 1 if index == 0
                                                             else None)
        if known is None:
            raise ModelError(f"input {value.name!r} has the shape {_text(value.shape)}; dimension "
                             f"{index} is not known. {_advice(value)}")
        if known < 1:
            raise ModelError(f"input {value.name!r} has the shape {_text(value.shape)}; every "
                             f"dimension must be at least 1. {_advice(value)}")
        dims.append(known)
    return tuple(dims)


def _advice(value: ir.Value) -> str:
    example = {1: "16", 2: "1,128", 3: "1,128,64", 4: "1,3,224,224"}
    rank = len(value.shape) if value.shape is not None else 4
    dims = example.get(rank, ",".join(["1"] * rank))
    return f"Give the shape: --shape {value.name}={dims} (with this model's numbers)."


def _text(shape: ir.Shape) -> str:
    return "[" + ", ".join(str(d) if isinstance(d, int) else (d.value or "?")
                           for d in shape) + "]"


def _forget_symbolic_shapes(graph: ir.Graph) -> None:
    for node in graph.all_nodes():
        for output in node.outputs:
            if output.shape is not None and not all(isinstance(d, int) for d in output.shape):
                output.shape = None
