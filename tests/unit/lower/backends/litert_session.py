"""A .tflite file in LiteRT's own Python interpreter, with XNNPACK as it comes: a second opinion."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from edgec.lower.graph import Array


class Session:
    """A loaded model. LiteRT's ValueError or RuntimeError where it refuses."""

    def __init__(self, path: Path, threads: int) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self._interpreter = Interpreter(model_path=str(path), num_threads=threads)
        self._interpreter.allocate_tensors()
        self._inputs = self._interpreter.get_input_details()
        self._outputs = self._interpreter.get_output_details()

    def fill(self, values: Sequence[Array]) -> None:
        """Sets the inputs, each of its port's shape and type."""
        for port, value in zip(self._inputs, values, strict=True):
            self._interpreter.set_tensor(port["index"], value)

    def run(self) -> None:
        """One inference."""
        self._interpreter.invoke()

    def results(self) -> list[Array]:
        """Copies of the outputs."""
        return [np.asarray(self._interpreter.get_tensor(port["index"])) for port in self._outputs]
