"""A .tflite file in LiteRT's interpreter, with XNNPACK as it comes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from edgec.errors import DataError, EngineError, MissingExtra
from edgec.lower.graph import Array

PACKAGE = "ai-edge-litert"


@dataclass(frozen=True)
class Port:
    """A model input or output."""

    name: str
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    scale: float
    zero_point: int
    index: int

    @property
    def nbytes(self) -> int:
        """Size in bytes."""
        return int(np.prod(self.shape, dtype=np.int64)) * self.dtype.itemsize

    def __str__(self) -> str:
        return f"{list(self.shape)} {self.dtype}"


class Session:
    """A loaded model; EngineError when LiteRT refuses it, MissingExtra without LiteRT."""

    def __init__(self, path: Path, threads: int) -> None:
        if not path.is_file():
            raise EngineError(f"cannot open '{path}': there is no such file")
        interpreter = load_litert()
        with _quiet():
            try:
                self._interpreter = interpreter(model_path=str(path), num_threads=threads)
                self._interpreter.allocate_tensors()
            except (ValueError, RuntimeError) as error:
                raise EngineError(f"LiteRT refuses '{path}': {_line(error)}") from None
        self.inputs = _ports(self._interpreter.get_input_details())
        self.outputs = _ports(self._interpreter.get_output_details())

    def fill(self, values: Sequence[Array]) -> None:
        """Sets the inputs, each of its port's shape and type."""
        for port, value in zip(self.inputs, values, strict=True):
            self._interpreter.set_tensor(port.index, value)

    def run(self) -> None:
        """One inference; EngineError when an operator refuses its input."""
        try:
            self._interpreter.invoke()
        except (ValueError, RuntimeError) as error:
            raise EngineError(f"LiteRT stopped: {_line(error)}") from None

    def results(self) -> list[Array]:
        """Copies of the outputs."""
        return [self._interpreter.get_tensor(port.index) for port in self.outputs]


def litert_version() -> str:
    """Name and version of the package."""
    return f"{PACKAGE} {version(PACKAGE)}"


def read_samples(paths: Sequence[Path], ports: Sequence[Port]) -> list[list[Array]]:
    """The inputs of each run, from .npy files that hold one or several samples; DataError.

    A file with k times the rows of the model's input gives k runs; all files give as many.
    """
    if len(paths) != len(ports):
        raise DataError(f"{len(paths)} --input given, the model has {len(ports)} inputs")
    split = [_split(path, i, port) for i, (path, port) in enumerate(zip(paths, ports, strict=True))]
    counts = [len(samples) for samples in split]
    if len(set(counts)) > 1:
        raise DataError(f"the inputs hold {', '.join(map(str, counts))} samples; give each input "
                        "as many")
    return [list(samples) for samples in zip(*split, strict=True)] if split else [[]]


def read_npy(path: Path) -> Array:
    """A .npy file without pickles; DataError."""
    try:
        return np.asarray(np.load(path, allow_pickle=False))
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"'{path}' is not a .npy file that can be read: {_line(error)}") from None


def _split(path: Path, index: int, port: Port) -> Array:
    """[samples, *shape]."""
    array = read_npy(path)
    size = int(np.prod(port.shape, dtype=np.int64))
    fits = (array.dtype == port.dtype and array.ndim == len(port.shape)
            and array.shape[1:] == port.shape[1:] and array.size > 0 and array.size % size == 0)
    if not fits:
        raise DataError(f"'{path}' is {list(array.shape)} {array.dtype}, input {index} "
                        f"'{port.name}' is {port} or several of it")
    return np.ascontiguousarray(array).reshape(-1, *port.shape)


def load_litert() -> Any:
    """The interpreter's class; MissingExtra without LiteRT."""
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError:
        raise MissingExtra(PACKAGE, "tflite", "Running a .tflite file") from None
    return Interpreter


def _ports(details: Sequence[Any]) -> tuple[Port, ...]:
    return tuple(Port(d["name"], np.dtype(d["dtype"]), tuple(map(int, d["shape"])),
                      float(d["quantization"][0]), int(d["quantization"][1]), d["index"])
                 for d in details)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())


@contextmanager
def _quiet() -> Iterator[None]:
    """Sends what LiteRT's C++ writes to the standard error nowhere; its exceptions say enough."""
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
