"""What identifies a model and a task: hashes that do not depend on files, times or machines."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

import numpy as np
import onnx_ir as ir

from edgec.compress.method import Array, Data
from edgec.model.task import Task


def model_sha256(model: ir.Model) -> str:
    """Of the model's ONNX form, serialized deterministically."""
    return sha256(ir.serde.serialize_model(model).SerializeToString(deterministic=True)).hexdigest()


def task_sha256(task: Task) -> str:
    """Of the samples of all splits, the loss, the metric and the name of the augmentation."""
    found = sha256(f"{task.loss} {task.metric} {_name(task.augment)}".encode())
    for samples in (task.train, task.validation, task.test):
        if samples is not None:
            _add(found.update, {**samples.inputs, " targets": samples.targets})
    return found.hexdigest()


def data_sha256(data: Data) -> str:
    """Of unlabelled inputs."""
    found = sha256()
    for batch in data:
        _add(found.update, batch)
    return found.hexdigest()


def _add(update, arrays: Mapping[str, Array]) -> None:  # type: ignore[no-untyped-def]
    for name, array in sorted(arrays.items()):
        update(f"{name} {array.dtype} {array.shape}".encode())
        update(np.ascontiguousarray(array).tobytes())


def _name(augment: object) -> str:
    return "" if augment is None else getattr(augment, "__qualname__", type(augment).__name__)
