"""Torch modules into ONNX, through torch's own exporter."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import onnx_ir as ir

from edgec.errors import MissingExtra, ModelError
from edgec.model.callable_spec import load_callable

if TYPE_CHECKING:
    import torch


def export_callable(spec: str) -> ir.Model:
    """The ONNX model of what `package.module:callable` returns: (torch.nn.Module, example inputs).

    Example inputs are a tuple of tensors; their shapes become the model's. ModelError when the
    module cannot be imported, the callable is missing, it returns something else, or torch cannot
    export it.
    """
    made = _call(spec)
    torch = _import_torch(spec)
    if (not isinstance(made, tuple | list) or len(made) != 2
            or not isinstance(made[0], torch.nn.Module) or not isinstance(made[1], tuple | list)
            or not all(isinstance(x, torch.Tensor) for x in made[1])):
        raise ModelError(f"{spec} returned {_describe(made)}. It must return a torch.nn.Module and "
                         "a tuple of example input tensors: return module, (example,).")
    return export_module(made[0], tuple(made[1]), spec)


def export_module(module: torch.nn.Module, example: tuple[torch.Tensor, ...],
                  where: str = "the torch module") -> ir.Model:
    """`module` in inference mode as ONNX; BatchNormalization stays a node, nothing is optimized.

    Inputs keep the argument names of `forward`; a single output is called "output", several
    "output_0" and so on.
    """
    torch = _import_torch(where)
    was_training = module.training
    module.eval()
    try:
        with _silence():
            program = torch.onnx.export(module, example, dynamo=True, optimize=False,
                                        verbose=False)
    except torch.onnx.OnnxExporterError as error:
        raise ModelError(f"torch cannot export {where}: {_cause(error)}") from None
    finally:
        module.train(was_training)
    assert program is not None
    model: ir.Model = program.model
    _name_outputs(model.graph)
    _detach_weights(model.graph)
    _forget_source(model.graph)
    return model


def _call(spec: str) -> Any:
    made = load_callable(spec, ModelError)
    try:
        return made()
    except TypeError as error:
        raise ModelError(f"{spec} could not be called without arguments: {error}. It must take "
                         "none and return (module, example inputs).") from error


def _import_torch(purpose: str) -> Any:
    try:
        import onnxscript  # noqa: F401  (torch's exporter needs it)
        import torch
    except ImportError as error:
        raise MissingExtra(error.name or "torch", "torch", f"exporting {purpose}") from None
    return torch


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """The exporter prints progress and warns about its own internals."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def _name_outputs(graph: ir.Graph) -> None:
    taken = {value.name for value in graph.inputs} | set(graph.initializers)
    names = ["output"] if len(graph.outputs) == 1 else [f"output_{i}"
                                                        for i in range(len(graph.outputs))]
    for node in graph:
        for value in node.outputs:
            if value.name in names:
                value.name = f"{value.name}/inner"
    for value, name in zip(graph.outputs, names, strict=True):
        if value.producer() is not None and name not in taken:
            value.name = name


def _detach_weights(graph: ir.Graph) -> None:
    """Copies the weights out of the module, which may go on training."""
    for value in graph.initializers.values():
        tensor = value.const_value
        assert tensor is not None
        value.const_value = ir.Tensor(tensor.numpy().copy(), dtype=tensor.dtype, name=value.name)


def _forget_source(graph: ir.Graph) -> None:
    """The exporter notes stack traces with paths of this machine on every node."""
    for node in graph.all_nodes():
        node.metadata_props.clear()
        for value in node.outputs:
            value.metadata_props.clear()


def _describe(made: Any) -> str:
    if isinstance(made, tuple | list):
        return "(" + ", ".join(type(item).__name__ for item in made) + ")"
    return type(made).__name__


def _cause(error: BaseException) -> str:
    deepest: BaseException = error
    while deepest.__cause__ is not None:
        deepest = deepest.__cause__
    lines = [line.strip() for line in str(deepest).splitlines() if line.strip()]
    return f"{type(deepest).__name__}: {lines[0] if lines else ''}"
