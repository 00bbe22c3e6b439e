"""A loaded model: arrays in, arrays out."""

from __future__ import annotations

import ctypes
import os
import threading
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np

from edgec_rt import _abi
from edgec_rt._abi import EngineError

_DTYPES = (np.float32, np.int8, np.uint8, np.int32, np.uint32, np.int64)  # by edgec_dtype

if TYPE_CHECKING:  # Python 3.9 cannot evaluate these
    Array = np.ndarray[Any, np.dtype[Any]]
    Feeds = Array | Sequence[Array] | Mapping[str, Array]


@dataclass(frozen=True)
class TensorInfo:
    """A model input or output. real = scale · (value − zero_point); scale 0: not quantized."""

    name: str
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    scale: float
    zero_point: int


@dataclass(frozen=True)
class Layer:
    """A layer, the kernel chosen for it on this CPU, and its time in one run."""

    name: str
    op: str
    kernel: str
    macs: int
    bytes: int
    time_ns: int


class Model:
    """An .edgec model, loaded once and run as often as wanted.

    `threads` counts the calling one; `isa` limits the instruction set ("portable", "avx2", ...);
    `library` is libedgec.so or its folder. Runs from several threads wait for each other.
    EngineError if the library or the file is not as it should be.
    """

    def __init__(self, path: _abi.PathLike, threads: int = 1, isa: str | None = None,
                 library: _abi.PathLike | None = None) -> None:
        if not 1 <= threads <= 256:
            raise EngineError("EDGEC_E_ARGUMENT", f"threads is {threads}, allowed are 1 to 256")
        self._library = _abi.load_library(library)
        options = _abi.Options(threads, isa.encode() if isa is not None else None)
        handle = ctypes.c_void_p()
        status = self._library.edgec_load_file(os.fsencode(path), ctypes.byref(options),
                                               ctypes.byref(handle))
        _abi.check(self._library, status)
        self._handle = handle
        self._close = weakref.finalize(self, self._library.edgec_free, handle)
        self._lock = threading.Lock()
        self.name: str = self._library.edgec_model_name(handle).decode()
        self.answer = 0
        """Index of the output with the answer of the last run: an early exit's, or the end's."""
        self.inputs = self._infos("input")
        self.outputs = self._infos("output")

    def run(self, feeds: Feeds) -> list[Array]:
        """All outputs, as copies. `feeds`: one array, arrays in order, or arrays by input name.

        EngineError if their number, names, types or shapes are not those of `inputs`.
        """
        ordered = self._ordered(feeds)
        with self._lock:
            self._check_open()
            self._run(ordered)
            return [self._view("output", i, info).copy() for i, info in enumerate(self.outputs)]

    def profile(self, feeds: Feeds | None = None) -> list[Layer]:
        """Times per layer of one run, on zeros without `feeds`. The first run is a cold one."""
        if feeds is None:
            feeds = [np.zeros(info.shape, info.dtype) for info in self.inputs]
        ordered = self._ordered(feeds)
        with self._lock:
            self._check_open()
            self._library.edgec_set_profiling(self._handle, 1)
            try:
                self._run(ordered)
            finally:
                self._library.edgec_set_profiling(self._handle, 0)
            count = self._library.edgec_layer_count(self._handle)
            return [self._layer(index) for index in range(count)]

    def close(self) -> None:
        """Frees the model; running it afterwards is an EngineError."""
        with self._lock:
            self._close()

    def __enter__(self) -> Model:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()

    def _check_open(self) -> None:
        if not self._close.alive:
            raise EngineError("EDGEC_E_ARGUMENT", f"the model {self.name!r} is closed")

    def _infos(self, kind: str) -> tuple[TensorInfo, ...]:
        count = getattr(self._library, f"edgec_{kind}_count")(self._handle)
        describe = getattr(self._library, f"edgec_{kind}_info")
        infos = []
        for index in range(count):
            info = _abi.TensorInfoStruct()
            _abi.check(self._library, describe(self._handle, index, ctypes.byref(info)))
            infos.append(TensorInfo(info.name.decode(), np.dtype(_DTYPES[info.dtype]),
                                    tuple(info.dims[:info.rank]), info.scale, info.zero_point))
        return tuple(infos)

    def _view(self, kind: str, index: int, info: TensorInfo) -> Array:
        """The engine's own memory of an input or output, as an array."""
        address = getattr(self._library, f"edgec_{kind}_data")(self._handle, index)
        size = info.dtype.itemsize * int(np.prod(info.shape, dtype=np.int64))
        memory = (ctypes.c_char * size).from_address(address)
        return np.ndarray(info.shape, info.dtype, buffer=memoryview(memory))

    def _ordered(self, feeds: Feeds) -> list[Array]:
        """One checked array per input, in the order of `inputs`."""
        if isinstance(feeds, Mapping):
            names = [info.name for info in self.inputs]
            if set(feeds) != set(names):
                raise EngineError("EDGEC_E_ARGUMENT", f"inputs named {sorted(feeds)} were given, "
                                  f"the model has {sorted(names)}")
            arrays = [feeds[name] for name in names]
        else:
            arrays = [feeds] if isinstance(feeds, np.ndarray) else list(feeds)
        if len(arrays) != len(self.inputs):
            raise EngineError("EDGEC_E_ARGUMENT", f"{len(arrays)} inputs were given, the model "
                              f"has {len(self.inputs)}")
        for array, info in zip(arrays, self.inputs):  # noqa: B905 - strict= is newer than 3.9
            if array.dtype != info.dtype or array.shape != info.shape:
                raise EngineError("EDGEC_E_ARGUMENT", f"input {info.name!r} is {array.dtype} "
                                  f"{array.shape}, it must be {info.dtype} {info.shape}")
        return arrays

    def _run(self, arrays: Sequence[Array]) -> None:
        for index, info in enumerate(self.inputs):
            self._view("input", index, info)[...] = arrays[index]
        _abi.check(self._library, self._library.edgec_run(self._handle))
        self.answer = self._library.edgec_answer(self._handle)

    def _layer(self, index: int) -> Layer:
        info = _abi.LayerInfoStruct()
        _abi.check(self._library, self._library.edgec_layer_info_at(self._handle, index,
                                                                    ctypes.byref(info)))
        return Layer(info.name.decode(), info.op.decode(), info.kernel.decode(), info.macs,
                     info.bytes, info.last_ns)
