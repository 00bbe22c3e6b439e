"""What the steps build with: draws, a graph under construction, constants of extreme values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
from hypothesis import strategies as st

from edgec.errors import LoweringError
from edgec.lower.backend import Site, load_backend
from edgec.lower.editor import Editor
from edgec.lower.graph import Array, Graph, Quantization, Tensor
from edgec.lower.ops.reshape import Reshape
from edgec.target.target import Target

T = TypeVar("T")
MOST_ELEMENTS = 60_000
SIZES = (1, 2, 3, 4, 5, 7, 8, 12, 13, 16, 17, 23)
CHANNELS = (1, 2, 3, 4, 5, 8, 15, 16, 17, 24, 31, 32, 33, 40, 47, 63, 64, 65, 80, 100)
SCALES = (0.05, 1.0, 1e-4, 37.0, 2.0**-20)
RATIOS = (1.0, 1.0, 0.7, 1.6, 0.06, 9.0, 0.004, 120.0)
ZEROS = (0, 3, -7, -128, 127)
FILLS = ("bell", "bell", "random", "random", "lowest", "extremes")


class Writer:
    """A graph that grows by one node at a time; `draw` is hypothesis's."""

    def __init__(self, draw: st.DrawFn, target: Target) -> None:
        self.draw, self._target = draw, target
        tensors = {}
        for i in range(self.integer(1, 2)):
            shape = self._image() if self.integer(0, 2) else self._rows()
            tensors[f"x{i}"] = Tensor(f"x{i}", shape, "s8", self.quantization())
        self.editor = Editor(Graph("random", tensors, (), tuple(tensors), ()))
        self._known = list(tensors)
        self._count = 0

    # Draws

    def integer(self, low: int, high: int) -> int:
        """Both included."""
        return self.draw(st.integers(low, high))

    def of(self, values: Sequence[T]) -> T:
        """One of them; the first is the simplest."""
        return self.draw(st.sampled_from(values))

    def draw_order(self, values: Sequence[T]) -> list[T]:
        """All of them, in any order."""
        return list(self.draw(st.permutations(values)))

    def random(self) -> np.random.Generator:
        """For values that need no shrinking."""
        return np.random.default_rng(self.integer(0, 2**16))

    def quantization(self, near: float = 0.0) -> Quantization:
        """Any, or with a scale that is `near` times one of RATIOS."""
        scale = near * self.of(RATIOS) if near else self.of(SCALES)
        return Quantization(np.float32(scale), np.int32(self.of(ZEROS)))

    def clamp(self, scale: float) -> tuple[float, float]:
        """Mostly none; relu and relu6 in units that matter at this scale."""
        return self.of(((-math.inf, math.inf), (-math.inf, math.inf), (0.0, math.inf),
                        (0.0, 60 * scale), (-20 * scale, 30 * scale)))

    def filled(self, shape: tuple[int, ...], low: int = -128) -> Array:
        """int8 values from `low`: mostly near 0, any, all the lowest, or only the two extremes."""
        fill, random = self.of(FILLS), self.random()
        if fill == "lowest":
            return np.full(shape, low, np.int8)
        if fill == "extremes":
            return random.choice(np.asarray([low, 127], np.int8), shape)
        if fill == "bell":
            return np.clip(np.rint(random.normal(size=shape) * 25), low, 127).astype(np.int8)
        return random.integers(low, 128, shape).astype(np.int8)

    def _image(self) -> tuple[int, ...]:
        return (self.of((1, 1, 1, 2)), self.of(SIZES), self.of(SIZES), self.of(CHANNELS))

    def _rows(self) -> tuple[int, ...]:
        return (*(self.of(SIZES) for _ in range(self.integer(0, 2))), self.of(CHANNELS))

    # Tensors

    def pick(self, rank: int | None = None) -> Tensor:
        """An int8 tensor; with `rank`, one that was reshaped to it where it has another."""
        tensor = self.editor.tensor(self.of([*reversed(self._known)]))
        if rank is None or len(tensor.shape) == rank:
            return tensor
        shape = tensor.shape
        if len(shape) > rank:
            more = len(shape) - rank + 1
            shape = (math.prod(shape[:more]), *shape[more:])
        shape = (1,) * (rank - len(shape)) + shape
        return self.editor.tensor(self.editor.emit(Reshape(shape), [tensor.name], self._name()))

    def like(self, tensor: Tensor, same_quantization: bool = False) -> Tensor:
        """A tensor of the same shape, perhaps the very one."""
        tensors = [self.editor.tensor(name) for name in self._known]
        return self.of([tensor, *(t for t in tensors if t.shape == tensor.shape and (
            not same_quantization or tensor.quantization.same_as(t.quantization)))])

    def constant(self, values: Array, quantization: Quantization | None = None) -> str:
        """The name of a new constant."""
        return self.editor.add_constant("constant", values, quantization)

    def add(self, attributes: Any, inputs: Sequence[str],
            quantization: Quantization | None = None) -> Tensor | None:
        """A node whose output later steps may read; None where the engine would refuse it."""
        editor = self.editor
        try:
            name = editor.emit(attributes, inputs, self._name(), quantization=quantization)
        except LoweringError:
            return None  # a window that does not fit its image
        tensor, node = editor.tensor(name), editor.producer(name)
        assert node is not None
        tensors = {n: editor.tensor(n) for n in (*node.inputs, *node.outputs) if n}
        refused = list(load_backend("native").supports(Site.of(node, tensors), self._target))
        if refused or tensor.size > MOST_ELEMENTS:
            editor.remove(node)
            return None
        if tensor.dtype == "s8":
            self._known.append(name)
        return tensor

    def _name(self) -> str:
        self._count += 1
        return f"n{self._count}"

    # The result

    def graph(self) -> Graph:
        """With every tensor that nobody reads as an output, and one that somebody reads."""
        made = [n for n in self._known if self.editor.producer(n) is not None]
        if not made:
            x = self.pick()
            made.append(self.editor.emit(Reshape((x.size,)), [x.name], self._name()))
        outputs = [name for name in made if not self.editor.consumers(name)]
        outputs.append(self.of(made))
        self.editor.outputs.extend(dict.fromkeys(outputs))
        return self.editor.finish()

    def inputs(self) -> dict[str, Array]:
        """Values for the graph's inputs."""
        return {name: self.filled(self.editor.tensor(name).shape) for name in self.editor.inputs}
