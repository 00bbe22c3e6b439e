"""Reductions over constant axes."""

from __future__ import annotations

from edgec.model.tflite_import._call import Call, Importer, Importers
from edgec.model.tflite_import._graph import NCHW, NHWC, TO_NCHW


def _reduce(op: str) -> Importer:
    """An image that was written as NCHW is reduced as it is, when its axes stay or all go."""
    def importer(call: Call) -> None:
        rank, keep = call.rank(0), bool(call.option("keepDims", False))
        axes = sorted({call.axis(a, rank) for a in call.ints(1, "axes")})
        native = rank == 4 and call.builder.layout(call.index(0)) == NCHW
        spatial = native and (keep or axes in ([1, 2], [1, 2, 3]))
        layout = NCHW if spatial else NHWC
        if spatial:
            axes = sorted(TO_NCHW.index(a) for a in axes)
        x = call.value(0, layout)
        if not axes:
            call.write(call.emit("Identity", [x]), layout)
            return
        y = call.emit(op, [x, call.integers("axes", axes)], keepdims=int(keep))
        call.write(y, layout if keep else NHWC)
    return importer


PLUGIN: Importers = {
    "MEAN": _reduce("ReduceMean"), "SUM": _reduce("ReduceSum"), "REDUCE_MAX": _reduce("ReduceMax"),
    "REDUCE_MIN": _reduce("ReduceMin"), "REDUCE_PROD": _reduce("ReduceProd"),
}
