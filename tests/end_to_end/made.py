"""A float model, quantized with the default options and lowered for this machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import onnx_ir as ir

from edgec import pipeline
from edgec.compress import method
from edgec.format.bundle import Bundle
from edgec.lower.graph import Array
from edgec.target.target import load_target


@dataclass(frozen=True)
class Made:
    """A float model, its quantized form, and the bundle of that."""

    model: ir.Model
    quantized: ir.Model
    bundle: Bundle


def make(model: ir.Model, batches: Sequence[Mapping[str, Array]], folder: Path,
         target: str = "generic_x86_64") -> Made:
    """Quantizes with the default options and lowers for the native backend."""
    done = method.run(method.load("quantize")(), model, method.Given(batches))
    bundle, _ = pipeline.lower_model(done.model, folder / "bundle", name="model",
                                     target=load_target(target))
    return Made(model, done.model, bundle)
