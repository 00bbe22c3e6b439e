"""What is known of a tensor before the model runs: constants behind dequantize and transpose."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from edgec.lower.editor import Editor
from edgec.lower.graph import Array, Quantization, Tensor


@dataclass(frozen=True)
class Stored:
    """A constant as it is stored: float32 or other data, or integers with their quantization."""

    data: Array
    quantization: Quantization | None

    def real(self) -> Array:
        """The numbers it stands for: float32(q - zero_point) * scale when quantized."""
        if self.quantization is None:
            return self.data
        scale, zero = _along(self.quantization, self.data.ndim)
        return np.asarray((self.data.astype(np.int64) - zero).astype(np.float32) * scale,
                          np.float32)

    def transposed(self, perm: tuple[int, ...]) -> Stored:
        """With axis i taken from axis perm[i]."""
        quantization = self.quantization
        if quantization is not None and quantization.axis is not None:
            quantization = replace(quantization, axis=perm.index(quantization.axis))
        return Stored(np.ascontiguousarray(self.data.transpose(perm)), quantization)

    def symmetric(self) -> Stored:
        """The same numbers with zero point 0, if they fit [-127, 127] so; else itself.

        An s8 value q with zero point z stands for the integer q - z; only the integers matter.
        """
        if self.quantization is None or self.data.dtype != np.int8:
            return self
        zero = _along(self.quantization, self.data.ndim)[1]
        shifted = self.data.astype(np.int32) - zero
        if shifted.size and int(np.abs(shifted).max()) > 127:
            return self
        zeros = np.zeros_like(self.quantization.zero_point)
        return Stored(shifted.astype(np.int8), replace(self.quantization, zero_point=zeros))


def _along(quantization: Quantization, rank: int) -> tuple[Array, Array]:
    """Scale and zero point, shaped to broadcast over a tensor of that rank."""
    if quantization.axis is None:
        return quantization.scale[0], quantization.zero_point[0]
    shape = [1] * rank
    shape[quantization.axis] = -1
    return quantization.scale.reshape(shape), quantization.zero_point.reshape(shape)


def real_value(tensor: Tensor) -> Array:
    """The numbers that a constant tensor stands for."""
    assert tensor.data is not None
    return Stored(tensor.data, tensor.quantization).real()


def stored_constant(editor: Editor, name: str) -> Stored | None:
    """The constant behind a tensor, seen through dequantize and transpose; None for others."""
    tensor, node = editor.tensor(name), editor.producer(name)
    if tensor.data is not None:
        return Stored(tensor.data, tensor.quantization)
    if node is not None and node.op == "dequantize":
        return stored_constant(editor, node.inputs[0])
    if node is not None and node.op == "transpose":
        stored = stored_constant(editor, node.inputs[0])
        return None if stored is None else stored.transposed(node.attributes.perm)
    return None


def constant_value(editor: Editor, name: str) -> Array | None:
    """The numbers behind a tensor that is constant, None for others."""
    stored = stored_constant(editor, name)
    return None if stored is None else stored.real()
