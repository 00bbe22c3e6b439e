"""A bundle: the directory that `lower` writes, `deploy` sends to a board and `bench` measures.

    manifest.json            what is here; its sha256 is the bundle's id
    model.edgec              the artifact, or model.tflite
    lowering.json            per node: name, op, where it runs, why; the arena and its lower bound
    ...                      what else the backend makes: C sources of the model, say
    golden/input_<i>.npy     inputs for the self-test on the board, and
    golden/output_<i>.npy    the outputs that the reference gives for them
    golden/answers.npy       of a model with early exits: which output answers, int32 [samples]

Golden vectors of a model with early exits hold a sample for each of them, stacked.

It appears under its name whole or not at all: it is built beside it and renamed.
"""

from __future__ import annotations

import io
import json
import math
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edgec.errors import FormatError
from edgec.format import manifest as manifests
from edgec.format.plan_file import NUMPY
from edgec.provenance import sha256_of

MANIFEST, LOWERING = "manifest.json", "lowering.json"
ANSWERS = "golden/answers.npy"
Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Port:
    """A model input or output: name, dtype ("f32", "s8", ...), shape.

    Integers q that stand for real numbers: real = scale · (q − zero_point).
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    scale: float | None = None
    zero_point: int | None = None

    def to_json(self) -> dict[str, Any]:
        """As plain values, without what is None."""
        said = {**asdict(self), "shape": list(self.shape)}
        return {key: value for key, value in said.items() if value is not None}


@dataclass(frozen=True)
class Answered:
    """What an output of a model with early exits answers: its share of the validation samples, and
    the mean metric of them; None where that is not known.
    """

    output: str
    share: float | None = None
    score: float | None = None


@dataclass(frozen=True)
class BundleContents:
    """What a bundle is made of. golden_*: one array per input and output, of its dtype and shape,
    or several stacked in the first dimension. golden_answers: the output that answers each.
    exits: in the order in which they are reached, the network's end last; empty without.

    lowering: what lowering.json says. files: what lies beside the artifact, by path.
    lock_inputs: name to sha256 of what the model was made from; lock_tools: name to version.
    command: the command line. chosen: where, and by which numbers, the backend was measured to be
    the fastest; None where nobody measured.
    """

    name: str
    backend: str
    target: str
    triple: str
    artifact: str
    artifact_bytes: bytes
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    golden_inputs: tuple[Array, ...]
    golden_outputs: tuple[Array, ...]
    tolerance: float = 0.0
    lowering: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    lock_inputs: Mapping[str, str] = field(default_factory=dict)
    lock_tools: Mapping[str, str] = field(default_factory=dict)
    command: Sequence[str] = ()
    golden_answers: Array | None = None
    exits: tuple[Answered, ...] = ()
    chosen: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class FileEntry:
    """What the manifest says of a file."""

    sha256: str
    bytes: int


@dataclass(frozen=True)
class Bundle:
    """A bundle that was read and whose files all have the sha256 of its manifest."""

    path: Path
    id: str
    name: str
    backend: str
    target: str
    triple: str
    artifact: str
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    tolerance: float
    files: Mapping[str, FileEntry]
    lock: Mapping[str, Mapping[str, str]]
    command: tuple[str, ...]
    exits: tuple[Answered, ...] = ()
    chosen: Mapping[str, Any] | None = None

    @property
    def artifact_path(self) -> Path:
        """The model file."""
        return self.path / self.artifact

    @property
    def golden_inputs(self) -> tuple[Path, ...]:
        """The .npy files of the self-test's inputs, in order."""
        return tuple(self.path / _golden("input", i) for i in range(len(self.inputs)))

    @property
    def golden_outputs(self) -> tuple[Path, ...]:
        """The .npy files of the expected outputs, in order."""
        return tuple(self.path / _golden("output", i) for i in range(len(self.outputs)))

    def lowering(self) -> dict[str, Any]:
        """What lowering.json says."""
        said: dict[str, Any] = json.loads((self.path / LOWERING).read_text("utf-8"))
        return said


def write_bundle(path: Path, contents: BundleContents) -> Bundle:
    """Writes the directory `path`, replacing a bundle but nothing else; the bundle as read back.

    FormatError when `path` is something else than a bundle, or cannot be written.
    """
    _refuse_to_replace(path)
    files = _files(contents)
    manifest = manifests.render(_manifest(contents, files), contents.name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
        try:
            for name, data in {**files, MANIFEST: manifest}.items():
                (fresh / name).parent.mkdir(exist_ok=True)
                (fresh / name).write_bytes(data)
            fresh.chmod(0o755)
            _swap(fresh, path)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    except OSError as error:
        raise FormatError(f"cannot write the bundle {path}: {error.strerror}. Nothing was left "
                          "half-written; make room or choose another directory.") from error
    return read_bundle(path)


def read_bundle(path: Path) -> Bundle:
    """The bundle at `path`; FormatError unless every listed file is there, whole and unchanged."""
    raw, data = manifests.load(path / MANIFEST)
    files = {name: FileEntry(entry["sha256"], entry["bytes"])
             for name, entry in data["files"].items()}
    inputs, outputs = (tuple(Port(**{**p, "shape": tuple(p["shape"])}) for p in data[key])
                       for key in ("inputs", "outputs"))
    needed = [data["artifact"], LOWERING, *(_golden("input", i) for i in range(len(inputs))),
              *(_golden("output", i) for i in range(len(outputs)))]
    for name in needed:
        if name not in files:
            raise FormatError(f"the manifest {path / MANIFEST} does not list {name!r}, which a "
                              "bundle must have. Lower the model again.")
    for name, entry in files.items():
        _verify(path, name, entry)
    return Bundle(path, sha256(raw).hexdigest()[:16], data["name"], data["backend"],
                  data["target"], data["triple"], data["artifact"], inputs, outputs,
                  float(data["golden"]["tolerance"]), files, data["lock"], tuple(data["command"]),
                  tuple(Answered(**row) for row in data.get("exits", ())), data.get("chosen"))


def is_bundle(path: Path) -> bool:
    """Whether `path` is a directory with a bundle's manifest; its files are not checked."""
    try:
        manifests.load(path / MANIFEST)
    except FormatError:
        return False
    return True


def _golden(what: str, index: int) -> str:
    return f"golden/{what}_{index}.npy"


def _files(contents: BundleContents) -> dict[str, bytes]:
    """Every file but the manifest."""
    lowering = json.dumps(contents.lowering, indent=1, ensure_ascii=False) + "\n"
    files = {**contents.files, contents.artifact: contents.artifact_bytes,
             LOWERING: lowering.encode()}
    for what, ports, arrays in (("input", contents.inputs, contents.golden_inputs),
                                ("output", contents.outputs, contents.golden_outputs)):
        for i, (port, array) in enumerate(zip(ports, arrays, strict=True)):
            assert _fits(array, port), port.name
            files[_golden(what, i)] = npy(array)
    if contents.golden_answers is not None:
        files[ANSWERS] = npy(contents.golden_answers)
    return files


def _fits(array: Array, port: Port) -> bool:
    """Whether an array is one sample of a port, or several stacked."""
    if array.dtype != NUMPY[port.dtype] or not port.shape:
        return array.dtype == NUMPY[port.dtype] and array.shape == port.shape
    return (array.shape[1:] == port.shape[1:] and len(array.shape) == len(port.shape)
            and array.shape[0] > 0 and array.shape[0] % port.shape[0] == 0)


def npy(array: Array) -> bytes:
    """The bytes of an .npy file."""
    buffer = io.BytesIO()
    np.save(buffer, np.asarray(array, order="C"), allow_pickle=False)
    return buffer.getvalue()


def _manifest(contents: BundleContents, files: Mapping[str, bytes]) -> dict[str, Any]:
    assert math.isfinite(contents.tolerance)
    return {
        "schema": manifests.SCHEMA, "name": contents.name, "backend": contents.backend,
        "target": contents.target, "triple": contents.triple, "artifact": contents.artifact,
        "inputs": [p.to_json() for p in contents.inputs],
        "outputs": [p.to_json() for p in contents.outputs],
        "golden": {"tolerance": contents.tolerance},
        "files": {name: {"sha256": sha256(data).hexdigest(), "bytes": len(data)}
                  for name, data in files.items()},
        "lock": {"inputs": dict(contents.lock_inputs), "tools": dict(contents.lock_tools)},
        "command": list(contents.command),
        **({"exits": [asdict(row) for row in contents.exits]} if contents.exits else {}),
        **({} if contents.chosen is None else {"chosen": contents.chosen}),
    }


def _refuse_to_replace(path: Path) -> None:
    if not path.exists() and not path.is_symlink():
        return
    if not path.is_dir() or path.is_symlink():
        raise FormatError(f"cannot write the bundle {path}: a file or link of that name is there. "
                          "Choose another name or remove it.")
    if any(path.iterdir()) and not is_bundle(path):
        raise FormatError(f"cannot write the bundle {path}: the directory holds something that is "
                          "not a bundle of edgec. Choose another name or empty it.")


def _swap(fresh: Path, path: Path) -> None:
    """`fresh` under the name of `path`; what was there goes, or comes back when that fails."""
    if not path.exists():
        fresh.rename(path)
        return
    old = fresh.with_name(fresh.name + ".old")
    path.rename(old)
    try:
        fresh.rename(path)
    except OSError:
        with suppress(OSError):
            old.rename(path)
        raise
    shutil.rmtree(old)


def _verify(folder: Path, name: str, entry: FileEntry) -> None:
    file = folder / name
    steps = [folder.joinpath(*Path(name).parts[:i + 1]) for i in range(len(Path(name).parts))]
    if any(step.is_symlink() for step in steps) or not file.is_file():
        raise FormatError(f"the bundle {folder} lacks the file {name!r}, or it is a link. "
                          "Lower the model again.")
    try:
        size, found = file.stat().st_size, sha256_of(file)
    except OSError as error:
        raise FormatError(f"cannot read the bundle's file {file} ({error.strerror}).") from error
    if (size, found) != (entry.bytes, entry.sha256):
        raise FormatError(f"the bundle's file {file} has {size} bytes and sha256 {found[:16]}…, "
                          f"its manifest says {entry.bytes} and {entry.sha256[:16]}…. It was "
                          "changed after lowering; lower the model again.")
