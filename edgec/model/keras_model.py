"""Keras files and SavedModel folders into ONNX: TensorFlow's own converter, then `tflite_model`.

The converter runs in a process of its own: TensorFlow takes seconds to import and prints.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import onnx_ir as ir

from edgec.errors import MissingExtra, ModelError
from edgec.model.keras_worker import MARK
from edgec.model.tflite_model import read_tflite

SUFFIXES = (".keras", ".h5", ".hdf5")
TIMEOUT_S = 900
_LINES = 6  # of what the converter printed last


def is_keras(path: Path) -> bool:
    """Whether `path` is a Keras file or a folder, which can only be a SavedModel."""
    return path.suffix.lower() in SUFFIXES or path.is_dir()


def read_keras(path: Path, shapes: Mapping[str, tuple[int, ...]]) -> ir.Model:
    """The model in `path`, in float32; an open batch is 1, other open dimensions are in `shapes`.

    ModelError when there is none, or the converter cannot take it; UnsupportedOps as `read_tflite`
    has it; MissingExtra without tensorflow. Nothing of the model's own code is run: a Keras file
    with lambdas is refused.
    """
    if not path.exists():
        raise ModelError(f"there is no model {path}. Give the path of a .keras or .h5 file or of a "
                         "SavedModel folder.")
    if path.is_dir() and not (path / "saved_model.pb").is_file():
        raise ModelError(f"the folder {path} holds no saved_model.pb, so it is not a SavedModel. "
                         "Give such a folder, or a model file.")
    if find_spec("tensorflow") is None:
        raise MissingExtra("tensorflow", "keras", f"reading {path}")
    with tempfile.TemporaryDirectory(prefix="edgec-keras-") as folder:
        made = Path(folder) / "model.tflite"
        _convert(path, made, shapes)
        return read_tflite(made, f"{path}, converted,")


def _convert(path: Path, made: Path, shapes: Mapping[str, tuple[int, ...]]) -> None:
    # -P: modules of this folder must not stand in front of Python's own.
    worker = [sys.executable, "-P", str(Path(__file__).with_name("keras_worker.py"))]
    words = [str(path.resolve()), str(made), json.dumps(dict(shapes))]
    try:
        done = subprocess.run([*worker, *words], capture_output=True, text=True, check=False,
                              timeout=TIMEOUT_S, cwd=made.parent, errors="replace")
    except subprocess.TimeoutExpired:
        raise ModelError(f"TensorFlow took more than {TIMEOUT_S} s to convert {path}. Convert it "
                         "to .tflite by hand.") from None
    if done.returncode != 0 or not made.is_file():
        told = done.stderr.rpartition(f"\n{MARK}")[2]
        lines = [line.rstrip() for line in told.splitlines() if line.strip()][-_LINES:]
        raise ModelError(f"TensorFlow cannot convert {path}. Its last words:\n"
                         + "\n".join(f"  {line}" for line in lines)
                         + "\nRepair the model, or convert it to .tflite or .onnx by hand.")
