"""What the compiler process is asked: everything in plain values, so that it can be sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from edgec.lower.backends.tvm.steps import Step
from edgec.lower.graph import Tensor


@dataclass(frozen=True)
class Request:
    """file: an .edgec file that the steps' layers are of. llvm: TVM's target.

    tensors: inputs, constants and what layers write, by name. link: the words of the linker, to be
    followed by the output and the object files. alone: TVM's kernels only. tuning: the database of
    `edgec tune` as its two texts, workloads and records; None: there is none.
    """

    file: bytes
    steps: tuple[Step, ...]
    tensors: Mapping[str, Tensor]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    llvm: Mapping[str, str | list[str]]
    link: tuple[str, ...]
    alone: bool = False
    tuning: tuple[str, str] | None = None
