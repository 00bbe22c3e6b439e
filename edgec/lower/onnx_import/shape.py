"""Ops that only change the shape or the type: Reshape, Flatten, Squeeze, Unsqueeze, Cast ..."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from edgec.lower.onnx_import._call import Call, Importers, Unsupported, normal_axis
from edgec.lower.ops.cast import Cast
from edgec.lower.ops.reshape import Reshape

_CAST_TYPES: Mapping[int, str] = MappingProxyType({1: "f32", 6: "s32", 7: "s64"})


def _reshape(call: Call) -> Sequence[str]:
    """0 keeps a size unless allowzero is set; -1 takes what is left."""
    own = call.shape(call.input(0))
    wanted = call.int_list(1, "shape")
    if wanted is None:
        raise Unsupported("has no shape")
    if not call.integer("allowzero", 0):
        if any(w == 0 and i >= len(own) for i, w in enumerate(wanted)):
            raise Unsupported(f"keeps a dimension that {own} does not have")
        wanted = tuple(own[i] if w == 0 else w for i, w in enumerate(wanted))
    known = math.prod(w for w in wanted if w != -1)
    if known and wanted.count(-1) == 1:
        wanted = tuple(math.prod(own) // known if w == -1 else w for w in wanted)
    if min(wanted, default=1) < 1 or math.prod(wanted) != math.prod(own):
        raise Unsupported(f"cannot give {own} the shape {wanted}")
    return [call.emit(Reshape(wanted), [call.input(0)])]


def _flatten(call: Call) -> Sequence[str]:
    shape = call.shape(call.input(0))
    axis = call.integer("axis", 1)
    axis = axis + len(shape) if axis < 0 else axis
    flat = (math.prod(shape[:axis]), math.prod(shape[axis:]))
    return [call.emit(Reshape(flat), [call.input(0)])]


def _squeeze(call: Call) -> Sequence[str]:
    shape = call.shape(call.input(0))
    given = call.int_list(1, "axes")
    axes = ({normal_axis(a, len(shape)) for a in given} if given is not None
            else {i for i, n in enumerate(shape) if n == 1})
    if any(shape[a] != 1 for a in axes):
        raise Unsupported(f"takes away axes {sorted(axes)} of {shape}, which are not all 1")
    kept = tuple(n for i, n in enumerate(shape) if i not in axes)
    return [call.emit(Reshape(kept), [call.input(0)])]


def _unsqueeze(call: Call) -> Sequence[str]:
    given = call.int_list(1, "axes")
    if given is None:
        raise Unsupported("has no axes")
    shape = list(call.shape(call.input(0)))
    for axis in sorted(normal_axis(a, len(shape) + len(given)) for a in given):
        shape.insert(axis, 1)
    return [call.emit(Reshape(tuple(shape)), [call.input(0)])]


def _identity(call: Call) -> Sequence[str]:
    return [call.input(0)]


def _dropout(call: Call) -> Sequence[str]:
    """Nothing in inference; the mask must not be used."""
    call.only_output()
    if call.has(2) and call.constant(2, "training_mode").any():
        raise Unsupported("is in training mode")
    return [call.input(0)]


def _cast(call: Call) -> Sequence[str]:
    to = _CAST_TYPES.get(call.integer("to", 0))
    if to is None:
        raise Unsupported("casts to a type other than float32, int32 and int64")
    source = call.editor.tensor(call.input(0)).dtype
    if source == to:
        return [call.input(0)]
    return [call.emit(Cast(to), [call.input(0)])]


PLUGIN: Importers = {
    "Reshape": _reshape, "Flatten": _flatten, "Squeeze": _squeeze, "Unsqueeze": _unsqueeze,
    "Identity": _identity, "Dropout": _dropout, "Cast": _cast,
}
