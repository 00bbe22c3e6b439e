"""ONNX Runtime, the judge of what a model computes."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx_ir as ir

from edgec.errors import DataError, ModelError

Array = npt.NDArray[Any]


class Runner:
    """A model in ONNX Runtime on the CPU, with some inner values as additional outputs.

    extra_outputs: names of values in the graph that `run` returns too. optimize: whether ONNX
    Runtime may rewrite the graph; without it every node runs as it is written. threads: 0 means
    one per core.
    """

    def __init__(self, model: ir.Model, extra_outputs: Sequence[str] = (), *,
                 optimize: bool = False, threads: int = 0) -> None:
        onnxruntime = _import_onnxruntime()
        exposed = _expose(model, extra_outputs)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        level = onnxruntime.GraphOptimizationLevel
        options.graph_optimization_level = (level.ORT_ENABLE_ALL if optimize
                                            else level.ORT_DISABLE_ALL)
        try:
            self._session = onnxruntime.InferenceSession(
                ir.serde.serialize_model(exposed).SerializeToString(), options,
                providers=["CPUExecutionProvider"])
        except _runtime_errors() as error:
            raise ModelError(f"ONNX Runtime cannot load the model: {error}") from None
        self.inputs = tuple(value.name for value in self._session.get_inputs())
        self.outputs = tuple(value.name for value in self._session.get_outputs())

    def run(self, batch: Mapping[str, Array]) -> dict[str, Array]:
        """All outputs, by name, of one batch of inputs by name."""
        if missing := set(self.inputs) ^ set(batch):
            raise DataError(f"the inputs {sorted(missing)} are missing or unknown. The model's "
                            f"inputs are: {', '.join(self.inputs)}.")
        try:
            results = self._session.run(None, dict(batch))
        except _runtime_errors() as error:
            raise DataError(f"ONNX Runtime cannot run the model on this input: {error}") from None
        return {name: np.asarray(result)
                for name, result in zip(self.outputs, results, strict=True)}


def _import_onnxruntime() -> Any:
    """The package, with its telemetry off unless the user's environment says otherwise."""
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime

    return onnxruntime


def run_onnx(model: ir.Model, inputs: Mapping[str, Array], outputs: Sequence[str] | None = None, *,
             optimize: bool = False) -> dict[str, Array]:
    """Runs `model` once. `outputs` names any values in the graph; None means its outputs."""
    results = Runner(model, outputs or (), optimize=optimize).run(inputs)
    return results if outputs is None else {name: results[name] for name in outputs}


def _expose(model: ir.Model, names: Sequence[str]) -> ir.Model:
    exposed = model.clone()
    graph = exposed.graph
    values = ir.convenience.create_value_mapping(graph)
    present = {value.name for value in graph.outputs}
    for name in dict.fromkeys(names):
        if name not in values:
            raise ModelError(f"the model has no value named {name!r} to return.")
        if name not in present:
            graph.outputs.append(values[name])
    return exposed


def _runtime_errors() -> tuple[type[Exception], ...]:
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    return (state.Fail, state.InvalidArgument, state.InvalidGraph, state.InvalidProtobuf,
            state.NotImplemented, state.RuntimeException, state.NoSuchFile, ValueError)
