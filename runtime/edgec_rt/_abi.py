"""The C ABI of edgec.h as ctypes: structures, signatures, finding and checking the library."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    PathLike = str | os.PathLike[str]  # evaluated by type checkers only: Python 3.9 cannot

ABI_VERSION = 1  # EDGEC_ABI_VERSION of the edgec.h that this file was written from
MAX_RANK = 6
LIBRARY_NAME = "libedgec.so"


class EngineError(Exception):
    """The engine, or this binding before it, refused something. `status` is the C ABI's name."""

    def __init__(self, status: str, message: str) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status


class Options(ctypes.Structure):
    """edgec_options."""

    _fields_ = (("threads", ctypes.c_uint32), ("isa", ctypes.c_char_p))


class TensorInfoStruct(ctypes.Structure):
    """edgec_tensor_info."""

    _fields_ = (("name", ctypes.c_char_p), ("dtype", ctypes.c_int), ("rank", ctypes.c_uint32),
                ("dims", ctypes.c_uint32 * MAX_RANK), ("bytes", ctypes.c_uint64),
                ("scale", ctypes.c_float), ("zero_point", ctypes.c_int32))


class LayerInfoStruct(ctypes.Structure):
    """edgec_layer_info."""

    _fields_ = (("name", ctypes.c_char_p), ("op", ctypes.c_char_p), ("kernel", ctypes.c_char_p),
                ("macs", ctypes.c_uint64), ("bytes", ctypes.c_uint64),
                ("last_ns", ctypes.c_uint64))


_MODEL = ctypes.c_void_p
_SIGNATURES: dict[str, tuple[object, tuple[object, ...]]] = {
    "edgec_abi_version": (ctypes.c_uint32, ()),
    "edgec_version": (ctypes.c_char_p, ()),
    "edgec_status_name": (ctypes.c_char_p, (ctypes.c_int,)),
    "edgec_last_error": (ctypes.c_char_p, ()),
    "edgec_isa_name": (ctypes.c_char_p, (ctypes.c_uint32,)),
    "edgec_load_file": (ctypes.c_int, (ctypes.c_char_p, ctypes.POINTER(Options),
                                       ctypes.POINTER(_MODEL))),
    "edgec_free": (None, (_MODEL,)),
    "edgec_model_name": (ctypes.c_char_p, (_MODEL,)),
    "edgec_input_count": (ctypes.c_uint32, (_MODEL,)),
    "edgec_output_count": (ctypes.c_uint32, (_MODEL,)),
    "edgec_input_info": (ctypes.c_int, (_MODEL, ctypes.c_uint32,
                                        ctypes.POINTER(TensorInfoStruct))),
    "edgec_output_info": (ctypes.c_int, (_MODEL, ctypes.c_uint32,
                                         ctypes.POINTER(TensorInfoStruct))),
    "edgec_input_data": (ctypes.c_void_p, (_MODEL, ctypes.c_uint32)),
    "edgec_output_data": (ctypes.c_void_p, (_MODEL, ctypes.c_uint32)),
    "edgec_run": (ctypes.c_int, (_MODEL,)),
    "edgec_answer": (ctypes.c_uint32, (_MODEL,)),
    "edgec_set_profiling": (ctypes.c_int, (_MODEL, ctypes.c_int)),
    "edgec_layer_count": (ctypes.c_uint32, (_MODEL,)),
    "edgec_layer_info_at": (ctypes.c_int, (_MODEL, ctypes.c_uint32,
                                           ctypes.POINTER(LayerInfoStruct))),
}


def load_library(library: PathLike | None) -> ctypes.CDLL:
    """The engine's library, with its signatures; EngineError if it is missing or of another ABI.

    `library` is the file or the folder it lies in; without it EDGEC_LIBRARY, then this package's
    folder, then the system's library path.
    """
    path = _library_path(library)
    try:
        loaded = ctypes.CDLL(path)
    except OSError as error:
        raise EngineError("EDGEC_E_OPEN", f"cannot load the engine {path!r}: {error}. Build it, "
                          "then set EDGEC_LIBRARY to its path.") from error
    try:
        for name, (result, arguments) in _SIGNATURES.items():
            function = getattr(loaded, name)
            function.restype, function.argtypes = result, arguments
    except AttributeError as error:
        raise EngineError("EDGEC_E_OPEN", f"{path!r} is not the edgec engine: {error}") from error
    found = loaded.edgec_abi_version()
    if found != ABI_VERSION:
        raise EngineError("EDGEC_E_OPEN", f"{path!r} has ABI version {found}, edgec_rt needs "
                          f"{ABI_VERSION}. Install the edgec_rt that came with it.")
    return loaded


def _library_path(library: PathLike | None) -> str:
    named = library or os.environ.get("EDGEC_LIBRARY")
    if named:
        path = Path(named)
        return str(path / LIBRARY_NAME if path.is_dir() else path)
    beside = Path(__file__).with_name(LIBRARY_NAME)
    return str(beside) if beside.is_file() else LIBRARY_NAME


def check(library: ctypes.CDLL, status: int) -> None:
    """EngineError with the engine's own words unless `status` is EDGEC_OK."""
    if status != 0:
        name = library.edgec_status_name(status).decode()
        raise EngineError(name, library.edgec_last_error().decode("utf-8", "replace"))
