"""RESIZE_BILINEAR and RESIZE_NEAREST_NEIGHBOR."""

from __future__ import annotations

from edgec.model.tflite_import._call import Call, Importer, Importers
from edgec.model.tflite_import._graph import NCHW, Unsupported


def _resize(mode: str) -> Importer:
    """Nearest takes the pixel below the coordinate; with half pixels the one that it lies in.

    Source: LiteRT's kernels/internal/reference/resize_nearest_neighbor.h.
    """
    def importer(call: Call) -> None:
        call.rank(0, 4)
        n, height, width, channels = call.output().shape
        if (n, channels) != (call.shape(0)[0], call.shape(0)[3]) or min(height, width) < 1:
            raise Unsupported(f"makes {list(call.output().shape)} of {list(call.shape(0))}")
        corners = bool(call.option("alignCorners", False))
        half = bool(call.option("halfPixelCenters", False))
        if corners and half:
            raise Unsupported("aligns both corners and centres")
        coordinates = "align_corners" if corners else "half_pixel" if half else "asymmetric"
        attributes = {"mode": mode, "coordinate_transformation_mode": coordinates}
        if mode == "nearest":
            attributes |= _rounding(corners, half)
        sizes = call.integers("sizes", (n, channels, height, width))
        call.write(call.emit("Resize", [call.value(0, NCHW), None, None, sizes], **attributes),
                   NCHW)
    return importer


def _rounding(corners: bool, half: bool) -> dict[str, str]:
    """floor((i + 0.5) · s) is the pixel nearest to (i + 0.5) · s − 0.5, the upper one of two."""
    return {"nearest_mode": "round_prefer_ceil" if corners or half else "floor"}


PLUGIN: Importers = {"RESIZE_BILINEAR": _resize("linear"),
                     "RESIZE_NEAREST_NEIGHBOR": _resize("nearest")}
