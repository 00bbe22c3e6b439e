"""Watches the tensors of a float model while data streams through it.

One batch at a time goes through ONNX Runtime; every watched tensor is handed to its observers and
then forgotten, so memory is one batch of activations however much data there is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

import numpy as np
import onnx_ir as ir

from edgec.compress.method import Array, Data
from edgec.errors import DataError
from edgec.model.onnxruntime import Runner


class Observer(Protocol):
    """Gathers something about one tensor."""

    def add(self, values: Array) -> None:
        """One batch of the tensor's values."""


class ChannelMaximum:
    """The largest absolute value in each channel: `largest`, float32 [channels]."""

    def __init__(self, axis: int) -> None:
        self.axis = axis
        self.largest: Array = np.zeros(0, np.float32)

    def add(self, values: Array) -> None:
        """values: any rank with channels at `axis`."""
        axis = self.axis % values.ndim
        others = tuple(i for i in range(values.ndim) if i != axis)
        here = np.abs(values).max(axis=others)
        self.largest = np.maximum(self.largest, here) if self.largest.size else here


class Mean:
    """The mean over the samples of a batch and over batches, once per shape of a sample.

    A linear operation applied to the mean input gives the mean output exactly, padding included.
    """

    def __init__(self) -> None:
        self._sums: dict[tuple[int, ...], tuple[Array, int]] = {}

    def add(self, values: Array) -> None:
        """values: [samples, ...]."""
        total, count = self._sums.get(values.shape[1:], (np.zeros(values.shape[1:]), 0))
        self._sums[values.shape[1:]] = (total + values.sum(axis=0, dtype=np.float64),
                                        count + len(values))

    def means(self) -> Iterator[tuple[Array, int]]:
        """(mean float32 [1, ...], number of samples) per shape of a sample."""
        for total, count in self._sums.values():
            yield (total / count).astype(np.float32)[None], count


def observe(model: ir.Model, batches: Data,
            observers: Mapping[str, Sequence[Observer]]) -> None:
    """Run `model` on every batch and give each named tensor to its observers.

    DataError: no batches, a batch that does not fit the inputs, or a value that is not finite.
    """
    for values in stream(model, batches, tuple(observers)):
        for name, watching in observers.items():
            for observer in watching:
                observer.add(values[name])


def stream(model: ir.Model, batches: Data,
           tensors: Sequence[str]) -> Iterator[dict[str, Array]]:
    """The values of the named tensors (inputs of the model may be among them), batch by batch.

    DataError as for `observe`.
    """
    given = {value.name for value in model.graph.inputs}
    # One thread: a second one brings nothing to small models but spinning.
    runner = Runner(model, [name for name in tensors if name not in given], optimize=True,
                    threads=1)
    index = -1
    for index, batch in enumerate(batches):
        _check_finite(batch, f"the data of batch {index}")
        results = runner.run(batch)
        values = {name: batch[name] if name in given else results[name] for name in tensors}
        _check_finite(values, f"the float model, run on batch {index},")
        yield values
    if index < 0:
        raise DataError("there are no calibration batches. Give some hundred typical inputs.")


def _check_finite(values: Mapping[str, Array], where: str) -> None:
    for name, array in values.items():
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            bad = int(array.size - np.isfinite(array).sum())
            raise DataError(f"{where} has {bad} of {array.size} values that are NaN or infinite "
                            f"in tensor {name!r}. Remove or repair these samples.")
