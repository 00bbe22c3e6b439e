"""What a model is for: labelled samples in three splits, a loss to train with, a score to judge by.

Train teaches, validation chooses (thresholds, gates, strengths, the best epoch), test is only
reported. Nothing that selects is ever given the test split: see `Task.without_test`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edgec.errors import DataError
from edgec.model.callable_spec import is_callable_spec, load_callable
from edgec.model.data import InputSpec, fit_arrays, read_arrays

Array = npt.NDArray[Any]
Augment = Callable[[dict[str, Array], np.random.Generator], dict[str, Array]]
SPLITS = ("train", "validation", "test")
KINDS = ("auto", "image", "signal")
VALIDATION = 0.15  # share of the training samples, where no others are given


@dataclass(frozen=True)
class Samples:
    """inputs: by the model's input names, each [n, ...] without the model's batch of one.

    targets: int64 classes [n] (or [n, positions]), floats [n, ...] for regression.
    """

    inputs: Mapping[str, Array]
    targets: Array

    def __len__(self) -> int:
        return len(self.targets)

    def take(self, chosen: Array | slice) -> Samples:
        """The samples at these indices."""
        return Samples({name: a[chosen] for name, a in self.inputs.items()}, self.targets[chosen])

    def batches(self, size: int) -> Iterator[Samples]:
        """In order, `size` at a time; the last one may be smaller."""
        for start in range(0, len(self), size):
            yield self.take(slice(start, start + size))

    def runs(self) -> Iterator[Mapping[str, Array]]:
        """Each sample as one run of a model with a batch of one, as calibration takes it."""
        for i in range(len(self)):
            yield {name: a[i:i + 1] for name, a in self.inputs.items()}


@dataclass(frozen=True)
class Task:
    """loss, metric: names in `edgec.model.losses` and `edgec.model.metrics`.

    augment: changes the inputs [n, ...] of a training batch, with the generator that it is given.
    classes: names, where the targets are classes. kind: of the inputs, "image", "signal" or "auto",
    by their shapes; it decides what makes them worse when robustness is judged.
    """

    train: Samples
    validation: Samples
    test: Samples | None = None
    loss: str = "cross_entropy"
    metric: str = "top1"
    augment: Augment | None = None
    classes: Sequence[str] = field(default=())
    kind: str = "auto"

    @property
    def unjudged(self) -> tuple[str, ...]:
        """Names, or "class 3", of classes that are taught and have no validation sample."""
        train, judged = self.train.targets, self.validation.targets
        if train.dtype.kind not in "iu" or train.ndim > 1:
            return ()
        return tuple(self.classes[c] if c < len(self.classes) else f"class {c}"
                     for c in np.setdiff1d(train, judged).tolist())

    def without_test(self) -> Task:
        """What a method may see."""
        return replace(self, test=None)


def load_task(spec: str | Path, inputs: Sequence[InputSpec], *, validation: float | None = None,
              augment: str | None = None, seed: int = 0, **told: Any) -> Task:
    """The task that `spec` names, for a model with these inputs.

    `spec` is "package.module:callable" that returns a Task, or an .npz with arrays `train_<input>`
    (`train_x` for a model with one input) and `train_y`, and the same for `validation` and `test`
    where they are there. Without a validation split a share of `validation`, else 0.15, is taken
    out of the training samples, of every class alike, chosen by `seed`. augment: an `Augment`, as
    "package.module:callable". told: the task's loss, metric, kind. DataError for what does not fit:
    labels missing or of another number, a class without samples, arrays of another shape.
    """
    task = (_of_callable(str(spec), validation) if is_callable_spec(spec)
            else _of_file(Path(spec), inputs, validation, seed))
    task = _checked(replace(task, **told), inputs, str(spec))
    return task if augment is None else replace(task, augment=_load_augment(augment, task.train))


def _of_callable(spec: str, validation: float | None) -> Task:
    task = load_callable(spec, DataError)()
    if not isinstance(task, Task):
        raise DataError(f"{spec} returned {type(task).__name__}. It must return an "
                        "edgec.model.task.Task.")
    _refuse_share(validation, spec)
    return task


def _of_file(path: Path, inputs: Sequence[InputSpec], validation: float | None, seed: int) -> Task:
    arrays = read_arrays(path)
    found = {name: _samples(arrays, name, inputs, str(path)) for name in SPLITS
             if f"{name}_y" in arrays or name == "train"}
    train, held_out = found["train"], found.get("validation")
    if held_out is None:
        train, held_out = split(train, VALIDATION if validation is None else validation, seed)
    else:
        _refuse_share(validation, str(path))
    return Task(train, held_out, found.get("test"))


def _refuse_share(validation: float | None, where: str) -> None:
    if validation is not None:
        raise DataError(f"{where} has validation samples of its own, and a share of {validation} "
                        "of the training samples is asked for. Leave one of them out.")


def _load_augment(spec: str, samples: Samples) -> Augment:
    """Tried on two samples, so that what does not fit is known before any training."""
    augment: Augment = load_callable(spec, DataError)
    few = {name: np.array(a) for name, a in samples.take(slice(2)).inputs.items()}
    try:
        made = augment(dict(few), np.random.default_rng(0))
    except Exception as error:
        raise DataError(f"{spec} failed on two samples: {type(error).__name__}: {error}. It is "
                        "called with the inputs by name, [n, ...], and a numpy "
                        "generator.") from error
    wanted, found = _kinds(few), _kinds(made)
    if wanted != found:
        raise DataError(f"{spec} was given {wanted} and returned {found}. It must return arrays by "
                        "the same names, of the same types and shapes.")
    return augment


def _kinds(arrays: object) -> str:
    """Names, types and shapes, in words."""
    if not isinstance(arrays, Mapping):
        return type(arrays).__name__
    return ", ".join(f"{name} {np.asarray(a).dtype} {list(np.shape(a))}"
                     for name, a in sorted(arrays.items()))


def split(samples: Samples, share: float, seed: int) -> tuple[Samples, Samples]:
    """The samples without, and the held-out ones: `share` of every class, at least one of each.

    No class is held out whole. DataError for a class of one sample.
    """
    if not 0 < share < 1:
        raise DataError(f"the validation share is {share}; it must be above 0 and below 1.")
    rng = np.random.default_rng(seed)
    held = np.zeros(len(samples), bool)
    classes = samples.targets.ndim == 1 and samples.targets.dtype.kind in "iu"
    keys = samples.targets if classes else np.zeros(len(samples), np.int64)
    for key in np.unique(keys):
        members = rng.permutation(np.flatnonzero(keys == key))
        if len(members) < 2:
            raise DataError(f"class {key} has {len(members)} sample(s), so none can be held out "
                            "for validation. Give more, or a validation split.")
        held[members[:min(max(1, round(share * len(members))), len(members) - 1)]] = True
    return samples.take(np.flatnonzero(~held)), samples.take(np.flatnonzero(held))


def check_outputs(task: Task, shape: Sequence[int]) -> None:
    """DataError when labels do not fit a model whose first output, for one sample, has `shape`."""
    for name, samples in (("train", task.train), ("validation", task.validation)):
        targets = samples.targets
        per_sample, wanted = list(targets.shape[1:]), list(shape[1:])
        if task.loss == "cross_entropy":
            if targets.dtype.kind not in "iu":
                raise DataError(f"the labels of {name} are {targets.dtype}; cross_entropy takes "
                                "integer classes. Convert them, or choose another loss.")
            if (top := int(targets.max())) >= shape[-1]:
                raise DataError(f"the labels of {name} go up to class {top} and the model puts "
                                f"out {shape[-1]} classes, 0 to {shape[-1] - 1}.")
            wanted = wanted[:-1]
        if np.prod(per_sample, dtype=int) != np.prod(wanted, dtype=int):
            raise DataError(f"a sample of {name} has labels of the shape {per_sample}; the model's "
                            f"output asks for {wanted}.")


def _samples(arrays: Mapping[str, Array], name: str, inputs: Sequence[InputSpec],
             where: str) -> Samples:
    targets = arrays.get(f"{name}_y")
    if targets is None:
        raise DataError(f"{where} has no array {name}_y: the labels of {name}. It has: "
                        f"{', '.join(sorted(arrays)) or 'none'}. Without labels the float model's "
                        "outputs can be what is asked for: save them as that array, with "
                        "loss = \"mean_squared_error\" and metric = \"cosine\" in [task].")
    found = {}
    for spec in inputs:
        key = f"{name}_{spec.name}"
        if key not in arrays and len(inputs) == 1:
            key = f"{name}_x"
        if key not in arrays:
            raise DataError(f"{where} has no array {name}_{spec.name} for the model's input "
                            f"{spec.name!r}. It has: {', '.join(sorted(arrays))}.")
        found[spec.name] = arrays[key]
    if targets.dtype.kind not in "iuf" or targets.ndim == 0:
        raise DataError(f"{where}: {name}_y is {targets.dtype} of the shape "
                        f"{list(targets.shape)}. Give one integer class, or floats, per sample.")
    if targets.dtype.kind in "iu":
        targets = targets.astype(np.int64)
    made = Samples(found, targets)
    _refuse_other_counts(made, f"{where}, {name}")  # before any are taken out for validation
    return made


def _refuse_other_counts(samples: Samples, where: str) -> None:
    counts = {name: len(a) for name, a in samples.inputs.items()} | {"labels": len(samples)}
    if len(set(counts.values())) > 1:
        raise DataError(f"{where}: the numbers of samples differ: "
                        + ", ".join(f"{n} {name}" for name, n in counts.items()) + ".")


def _checked(task: Task, inputs: Sequence[InputSpec], where: str) -> Task:
    from edgec.model.losses import LOSSES
    from edgec.model.metrics import METRICS

    for kind, name, known in (("loss", task.loss, LOSSES), ("metric", task.metric, METRICS),
                              ("kind", task.kind, KINDS)):
        if name not in known:
            raise DataError(f"{where}: there is no {kind} {name!r}. There are: "
                            f"{', '.join(known)}.")
    if task.kind == "image" and any(a.ndim != 4 for a in task.train.inputs.values()):
        raise DataError(f"{where}: the kind is image, which asks for inputs [n, channels, height, "
                        "width]. Leave kind out, or say signal.")
    splits = {"train": task.train, "validation": task.validation}
    if task.test is not None:
        splits["test"] = task.test
    fitted = {name: _fitted(samples, inputs, f"{where}, {name}")
              for name, samples in splits.items()}
    _every_class_is_taught(fitted, where)
    return replace(task, train=fitted["train"], validation=fitted["validation"],
                   test=fitted.get("test"))


def _fitted(samples: Samples, inputs: Sequence[InputSpec], where: str) -> Samples:
    """The arrays as the model takes them, [n, ...] each."""
    if len(samples.targets) == 0:
        raise DataError(f"{where} holds no samples. Give at least one.")
    _refuse_other_counts(samples, where)
    if samples.targets.dtype.kind == "f" and not np.isfinite(samples.targets).all():
        raise DataError(f"{where}: the targets hold values that are not finite.")
    wide = [spec.name for spec in inputs if not spec.shape or spec.shape[0] != 1]
    if wide:
        raise DataError(f"{where}: the model's input {wide[0]!r} has no batch of one in front, "
                        "which training needs. Export the model with a batch of one.")
    runs = fit_arrays(samples.inputs, inputs, where)  # [n, 1, ...]: one run each
    return Samples({name: a.reshape(-1, *a.shape[2:]) for name, a in runs.items()},
                   samples.targets)


def _every_class_is_taught(splits: Mapping[str, Samples], where: str) -> None:
    train = splits["train"].targets
    if train.dtype.kind not in "iu" or train.ndim > 1:
        return
    if (least := int(train.min())) < 0:
        raise DataError(f"{where}: the class {least} is negative; classes count from 0.")
    for name, samples in splits.items():
        if untaught := sorted(set(np.unique(samples.targets)) - set(np.unique(train))):
            raise DataError(f"{where}: {name} has samples of class "
                            f"{', '.join(map(str, untaught))}, of which train has none.")
    if empty := sorted(set(range(int(train.max()) + 1)) - set(np.unique(train).tolist())):
        raise DataError(f"{where}: train has no sample of class {', '.join(map(str, empty))}, yet "
                        f"of class {train.max()}. Give some, or number the classes without gaps.")
