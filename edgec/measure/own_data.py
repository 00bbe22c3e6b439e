"""A user's own samples for a measurement: who leaves where, how often rightly, how long it takes.

A file as recipes have it (test_x, test_y, else validation_x, ...), or plain arrays: one for each
input, by name or as `x`, and the classes as `y`. Golden samples, one for each exit, are no mixture
that anybody meets; these are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edgec.errors import DataError
from edgec.format.bundle import Port
from edgec.lower.graph import DTYPES
from edgec.model.data import InputSpec, fit_arrays, read_arrays

Array = npt.NDArray[Any]
SPLITS, LABELS = ("test_", "validation_"), "y"


@dataclass(frozen=True)
class OwnData:
    """name: of the file. inputs: in the model's order, all runs stacked. labels: classes, as the
    model's outputs have them, or None. runs: of the model.
    """

    name: str
    inputs: tuple[Array, ...]
    labels: Array | None
    runs: int


@dataclass(frozen=True)
class Answers:
    """What a model said to own data. by: the output that answered each run, int [runs]. right:
    share of right classes in each run, float [runs]; None without labels.
    """

    name: str
    by: Array
    right: Array | None

    @property
    def score(self) -> float | None:
        """Share of right classes in all."""
        return None if self.right is None else float(self.right.mean())

    def to_json(self) -> dict[str, Any]:
        """As the result file has it."""
        return {"name": self.name, "runs": len(self.by), "score": self.score}


def read_own_data(path: Path, ports: Sequence[Port]) -> OwnData:
    """The samples in the file `path` for a model with these inputs; DataError for what does not
    fit: a missing file, other names or shapes, labels of another number or that are no classes.
    """
    arrays = _one_split(read_arrays(path), {port.name for port in ports})
    labels = None if LABELS in {port.name for port in ports} else arrays.pop(LABELS, None)
    if len(ports) == 1 and len(arrays) == 1 and set(arrays) <= {"x", ""}:
        arrays = {ports[0].name: next(iter(arrays.values()))}
    specs = [InputSpec(port.name, port.shape, DTYPES[port.dtype]) for port in ports]
    fitted = fit_arrays(arrays, specs, str(path))
    counts = {name: len(runs) for name, runs in fitted.items()}
    if len(set(counts.values())) > 1 or not min(counts.values()):
        raise DataError(f"{path} holds " + ", ".join(f"{n} samples for {name}"
                                                     for name, n in counts.items())
                        + ". Give every input the same number, at least one.")
    runs = next(iter(counts.values()))
    stacked = tuple(fitted[port.name].reshape(-1, *port.shape[1:]) for port in ports)
    return OwnData(path.name, stacked, _checked(labels, len(stacked[0]), path), runs)


def judge(own: OwnData, outputs: Sequence[Array], by: Array) -> Answers:
    """The answers to own data. outputs: [runs * batch, ..., classes] each; by: int [runs]."""
    if own.labels is None:
        return Answers(own.name, by, None)
    right = np.empty(len(own.labels))
    rows = np.repeat(by, len(own.labels) // own.runs)
    for index in np.unique(by):
        chosen = rows == index
        said, wanted = outputs[index][chosen].argmax(-1), own.labels[chosen]
        if said.size != wanted.size:
            raise DataError(f"{own.name}: {wanted.size} labels for {said.size} answers: the model "
                            f"puts out {list(outputs[index].shape)} for all samples. Give one "
                            f"class for each, or leave {LABELS} out.")
        right[chosen] = (said == wanted.reshape(said.shape)).reshape(len(said), -1).mean(1)
    return Answers(own.name, by, right.reshape(own.runs, -1).mean(1))


def _one_split(arrays: dict[str, Array], inputs: set[str]) -> dict[str, Array]:
    """Of a recipe's data the samples that nothing was trained with; else all arrays."""
    if not inputs <= set(arrays):
        for split in SPLITS:
            found = {name.removeprefix(split): array for name, array in arrays.items()
                     if name.startswith(split)}
            if found:
                return found
    return arrays


def _checked(labels: Array | None, samples: int, path: Path) -> Array | None:
    if labels is None:
        return None
    if labels.dtype.kind not in "iu":
        raise DataError(f"{path}: the labels {LABELS} are {labels.dtype}; what is scored here are "
                        "classes, whole numbers. Convert them or leave them out.")
    if len(labels) != samples:
        raise DataError(f"{path} holds {len(labels)} labels for {samples} samples. Give each "
                        "sample one.")
    return labels
