"""What an op is: the contract of every module in edgec.lower.ops.

One module per op. It defines the op's attributes (a frozen dataclass) and `PLUGIN`, an Op. The
reference is the judge: every backend must give the same bytes as `reference` on integer types.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from edgec.lower.graph import Array, Tensor


class Op(ABC):
    """One op: its attributes, its shape rule, its rules, its exact numpy reference, its cost.

    The class docstring's first line is the formula; it appears in the table of ops.
    Tensors given to the methods carry shape, dtype and quantization; None = absent optional input.
    """

    attributes: ClassVar[type]
    # Inputs whose memory the output may take over: element i of these is read before element i of
    # the output is written, and not again. The engine's side of it: spec.md, In place.
    in_place: ClassVar[tuple[int, ...]] = ()

    @abstractmethod
    def shapes(self, attributes: Any, inputs: Sequence[Tensor | None]) -> list[tuple[int, ...]]:
        """The output shapes that follow from the inputs."""

    def broken_rules(self, attributes: Any, inputs: Sequence[Tensor | None],
                     outputs: Sequence[Tensor]) -> Iterator[str]:
        """What keeps this node from running in int8, each as one sentence for the user."""
        yield from ()

    @abstractmethod
    def reference(self, attributes: Any, values: Sequence[Array | None],
                  inputs: Sequence[Tensor | None], outputs: Sequence[Tensor]) -> list[Array]:
        """The outputs for `values`: exact for s8 (bit for bit), float32 otherwise."""

    def ends_run(self, attributes: Any, values: Sequence[Array | None]) -> bool:
        """Whether the run ends behind this node: later nodes do not run, their outputs are 0."""
        return False

    def macs(self, attributes: Any, inputs: Sequence[Tensor | None],
             outputs: Sequence[Tensor]) -> int:
        """Multiply-accumulates of one inference; 0 for ops without any."""
        return 0
