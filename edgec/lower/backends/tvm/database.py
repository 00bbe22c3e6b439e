"""TVM's tuner where it can be had in seconds, and its database. Imports TVM.

The tuner imports the tensor intrinsics of every vendor, which takes a minute and which float32
kernels for a CPU have no use for: an empty module stands for them in this process.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

from edgec.lower.backends.tvm.tuned import RECORDS, WORKLOADS

INTRINSICS = "tvm.s_tir.tensor_intrin"


def tuner() -> Any:
    """The module tvm.s_tir.meta_schedule."""
    import tvm.s_tir

    if INTRINSICS not in sys.modules:
        sys.modules[INTRINSICS] = ModuleType(INTRINSICS)
        tvm.s_tir.tensor_intrin = sys.modules[INTRINSICS]
    from tvm.s_tir import meta_schedule
    return meta_schedule


def opened(tuning: tuple[str, str]) -> Any:
    """A database of the two texts, in memory."""
    schedules = tuner()
    with tempfile.TemporaryDirectory(prefix="edgec-tuning-") as folder:
        for name, text in zip((WORKLOADS, RECORDS), tuning, strict=True):
            (Path(folder) / name).write_text(text)
        return schedules.database.JSONDatabase(work_dir=folder)
