"""Between ONNX's images (channels second) and the integer graph's (NHWC); and windows over them."""

from __future__ import annotations

from collections.abc import Sequence

from edgec.lower.onnx_import._call import Call, Unsupported
from edgec.lower.ops.reshape import Reshape
from edgec.lower.ops.transpose import Transpose

TO_NHWC, TO_NCHW = (0, 2, 3, 1), (0, 3, 1, 2)
TO_NLC, TO_NCL = (0, 2, 1), (0, 2, 1)


def to_nhwc(call: Call, tensor: str) -> str:
    """[n, c, h, w] or [n, c, l] as [n, h, w, c] or [n, 1, l, c]; Unsupported for other ranks."""
    rank = call.rank(tensor)
    if rank == 4:
        return call.emit(Transpose(TO_NHWC), [tensor], "to_nhwc")
    if rank != 3:
        raise Unsupported(f"has {rank - 2} spatial axes; 1 and 2 are supported")
    last = call.emit(Transpose(TO_NLC), [tensor], "to_nlc")
    n, length, channels = call.shape(last)
    return call.emit(Reshape((n, 1, length, channels)), [last], "to_nhwc")


def from_nhwc(call: Call, tensor: str, rank: int) -> str:
    """The way back to channels second, of the given rank."""
    if rank == 4:
        return call.emit(Transpose(TO_NCHW), [tensor], "to_nchw")
    n, _, length, channels = call.shape(tensor)
    last = call.emit(Reshape((n, length, channels)), [tensor], "to_nlc")
    return call.emit(Transpose(TO_NCL), [last], "to_ncl")


def pair(values: Sequence[int], missing: int) -> tuple[int, int]:
    """(vertical, horizontal) of one or two spatial values; a 1-D op has height `missing`."""
    if len(values) not in (1, 2):
        raise Unsupported(f"has {len(values)} spatial axes; 1 and 2 are supported")
    return (missing, int(values[0])) if len(values) == 1 else (int(values[0]), int(values[1]))


def padding(call: Call, size: tuple[int, int], spans: tuple[int, int], stride: tuple[int, int]
            ) -> tuple[int, int, int, int]:
    """(top, left, bottom, right) from `pads` or `auto_pad`.

    size: of the image; spans: of the dilated kernel. SAME makes ceil(size / stride) outputs; an odd
    total goes to the end (SAME_UPPER) or to the start (SAME_LOWER).
    """
    mode = call.text("auto_pad", "NOTSET")
    if mode in ("NOTSET", ""):
        pads = call.ints("pads", ())
        half = len(pads) // 2
        (top, left), (bottom, right) = (pair(p, 0) if p else (0, 0)
                                        for p in (pads[:half], pads[half:]))
        if min(top, left, bottom, right) < 0:
            raise Unsupported(f"has negative pads {pads}")
        return top, left, bottom, right
    if mode == "VALID":
        return 0, 0, 0, 0
    if mode not in ("SAME_UPPER", "SAME_LOWER"):
        raise Unsupported(f"has auto_pad {mode!r}")
    totals = [max((-(-n // s) - 1) * s + k - n, 0)
              for n, k, s in zip(size, spans, stride, strict=True)]
    starts = [t // 2 if mode == "SAME_UPPER" else t - t // 2 for t in totals]
    return starts[0], starts[1], totals[0] - starts[0], totals[1] - starts[1]
