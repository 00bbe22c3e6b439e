"""Calibration, test and training inputs: checked once here, then trusted."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx_ir as ir

from edgec.errors import DataError
from edgec.model.callable_spec import is_callable_spec, load_callable

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class InputSpec:
    """One input of a model: its name, static shape and numpy element type."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    def __str__(self) -> str:
        return f"{self.name}: {self.dtype}[{', '.join(map(str, self.shape))}]"


@dataclass(frozen=True)
class Batches(Sequence[Mapping[str, Array]]):
    """Inputs of a model, each item one run of it: input name to array of the model's own shape."""

    items: tuple[Mapping[str, Array], ...]

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: Any) -> Any:
        return self.items[index]

    def __iter__(self) -> Iterator[Mapping[str, Array]]:
        return iter(self.items)


def input_specs(model: ir.Model) -> tuple[InputSpec, ...]:
    """The inputs of a loaded model."""
    specs = []
    for value in model.graph.inputs:
        assert value.shape is not None
        assert value.dtype is not None
        dims = tuple(dim for dim in value.shape if isinstance(dim, int))
        specs.append(InputSpec(str(value.name), dims, value.dtype.numpy()))
    return tuple(specs)


def load_batches(spec: str | Path, inputs: Sequence[InputSpec],
                 limit: int | None = None) -> Batches:
    """The data that `spec` names, cut into single runs of a model with these inputs.

    `spec` is an .npz (arrays named like the inputs, or one array for a model with one input), an
    .npy (one input), or "package.module:callable" that yields batches: dicts of name to array, or
    arrays for one input. An array holds any number of runs along its first dimension: either
    [runs * shape[0], *shape[1:]] or [runs, *shape]. `limit` stops after that many runs.
    Floats of another width are converted; DataError for everything else that does not fit: a
    missing file, no samples, NaN or infinity, wrong shape, type or name, pickled arrays.
    """
    where = str(spec)
    if is_callable_spec(spec):
        groups: Iterable[Any] = _yielded(where)
    else:
        groups = [_named_or_alone(read_arrays(Path(spec)), inputs, where)]
    runs = (run for group in groups for run in _cut(_named(group, inputs, where), inputs, where))
    items = tuple(islice(runs, limit))
    if not items:
        raise DataError(f"{where} holds no samples. Give at least one.")
    return Batches(_finite(items, where))


def _yielded(where: str) -> Iterable[Any]:
    made = load_callable(where, DataError)()
    if not isinstance(made, Iterable) or isinstance(made, str | bytes | Mapping):
        raise DataError(f"{where} returned {type(made).__name__}. It must yield batches: dicts of "
                        "input name to array, or arrays for a model with one input.")
    return [made] if isinstance(made, np.ndarray) else made


def read_arrays(path: Path) -> dict[str, Array]:
    """The arrays of an .npz by name, or of an .npy under the name ""; DataError when unreadable."""
    try:
        loaded = np.load(path, allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            return {"": loaded}
        with loaded as archive:
            return {name: archive[name] for name in archive.files}
    except FileNotFoundError:
        raise DataError(f"there is no data file {path}. Give an .npz, an .npy, or "
                        "package.module:callable.") from None
    except OSError as error:
        raise DataError(f"cannot read the data {path}: {error.strerror or error}.") from None
    except (ValueError, EOFError, MemoryError, zipfile.BadZipFile) as error:
        raise DataError(f"{path} is not a numpy file that can be read ({error}). Save plain arrays "
                        "with np.savez or np.save; pickled objects are refused.") from None


def _named_or_alone(arrays: dict[str, Array], inputs: Sequence[InputSpec], where: str) -> Any:
    """A file with one array needs no names when the model has one input."""
    if len(arrays) == 1 and (len(inputs) == 1 or "" in arrays):
        return next(iter(arrays.values()))
    _check_names(arrays, inputs, where)
    return arrays


def fit_arrays(arrays: Mapping[str, Array], inputs: Sequence[InputSpec],
               where: str) -> dict[str, Array]:
    """Each input's array as runs of the model stacked, [runs, *shape], of its type, and finite.

    DataError as `load_batches` has it.
    """
    _check_names(arrays, inputs, where)
    fitted = {spec.name: _runs(np.asarray(arrays[spec.name]), spec, where) for spec in inputs}
    for name, array in fitted.items():
        _refuse_infinite(array, f"{where}: the array for input {name!r}")
    return fitted


def _check_names(names: Iterable[str], inputs: Sequence[InputSpec], where: str) -> None:
    found, wanted = set(names), {spec.name for spec in inputs}
    if found != wanted:
        raise DataError(f"{where} has arrays named {', '.join(sorted(found)) or 'nothing'}; the "
                        f"model's inputs are {', '.join(sorted(wanted))}. Name the arrays like "
                        "the inputs and leave out the others.")


def _named(group: Any, inputs: Sequence[InputSpec], where: str) -> dict[str, Array]:
    if isinstance(group, Mapping):
        _check_names(map(str, group), inputs, where)
        return {name: _as_array(value, where) for name, value in group.items()}
    if len(inputs) != 1:
        raise DataError(f"{where} gives one array for a model with {len(inputs)} inputs: "
                        f"{', '.join(spec.name for spec in inputs)}. Give one array for each, by "
                        "name (an .npz or dicts).")
    return {inputs[0].name: _as_array(group, where)}


def _as_array(value: Any, where: str) -> Array:
    if hasattr(value, "detach"):  # a torch tensor
        value = value.detach().cpu()
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise DataError(f"{where} yields something that is not an array: {error}.") from None
    if array.dtype == object:
        raise DataError(f"{where} yields {type(value).__name__}, which is not an array of numbers.")
    return array


def _cut(arrays: Mapping[str, Array], inputs: Sequence[InputSpec],
         where: str) -> Iterator[dict[str, Array]]:
    """Cuts one group of arrays into runs of the model."""
    cut = {spec.name: _runs(arrays[spec.name], spec, where) for spec in inputs}
    counts = {name: len(runs) for name, runs in cut.items()}
    if len(set(counts.values())) > 1:
        raise DataError(f"{where} holds different numbers of samples: "
                        + ", ".join(f"{n} for {name}" for name, n in counts.items())
                        + ". Give every input the same number.")
    for index in range(next(iter(counts.values()), 0)):
        yield {name: runs[index] for name, runs in cut.items()}


def _runs(array: Array, spec: InputSpec, where: str) -> Array:
    """[runs, *spec.shape], of the model's type."""
    array = _converted(array, spec, where)
    if array.ndim == len(spec.shape) + 1 and array.shape[1:] == spec.shape:
        return array
    batch = spec.shape[0] if spec.shape else 1
    if array.ndim != len(spec.shape) or array.shape[1:] != spec.shape[1:] or array.ndim == 0:
        rest = "".join(f", {dim}" for dim in spec.shape[1:])
        raise DataError(f"{where}: the array for input {spec.name!r} has the shape "
                        f"{_dims(array.shape)}; the model takes {_dims(spec.shape)}, so give "
                        f"[N{rest}] for N samples.")
    if array.shape[0] % batch:
        raise DataError(f"{where}: the array for input {spec.name!r} has {array.shape[0]} samples, "
                        f"which the model's batch of {batch} does not divide. Give a multiple.")
    return array.reshape(array.shape[0] // batch, *spec.shape)


def _dims(shape: tuple[int, ...]) -> str:
    return "[" + ", ".join(map(str, shape)) + "]"


def _converted(array: Array, spec: InputSpec, where: str) -> Array:
    if array.dtype == spec.dtype:
        return array
    same_kind = array.dtype.kind == spec.dtype.kind == "f"
    if not same_kind and array.dtype.kind in "iu" and spec.dtype.kind in "iu":
        limits = np.iinfo(spec.dtype)
        same_kind = array.size == 0 or bool(array.min() >= limits.min and array.max() <= limits.max)
    if not same_kind:
        raise DataError(f"{where}: the array for input {spec.name!r} is {array.dtype}; the model "
                        f"takes {spec.dtype}. Convert it, with the scaling that the model was "
                        "trained with.")
    with np.errstate(over="ignore"):  # an infinity is reported as such
        return array.astype(spec.dtype)


def _finite(items: tuple[Mapping[str, Array], ...], where: str) -> tuple[Mapping[str, Array], ...]:
    for index, item in enumerate(items):
        for name, array in item.items():
            _refuse_infinite(array, f"{where}: sample {index} of input {name!r}")
    return items


def _refuse_infinite(array: Array, where: str) -> None:
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        bad = array[~np.isfinite(array)]
        raise DataError(f"{where} holds {bad.size} value(s) that are not finite, the first "
                        f"{bad[0]}. Take the sample out or repair it.")
