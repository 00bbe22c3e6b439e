"""AVERAGE_POOL_2D and MAX_POOL_2D. Padding never counts."""

from __future__ import annotations

from edgec.model.tflite_import import _window
from edgec.model.tflite_import._call import Call, Importer, Importers
from edgec.model.tflite_import._graph import NCHW


def _pool(op: str) -> Importer:
    def importer(call: Call) -> None:
        call.rank(0, 4)
        kernel = _window.positive(call, "filterHeight"), _window.positive(call, "filterWidth")
        window = _window.attributes(call, call.shape(0), kernel)
        call.write(call.activated(call.emit(op, [call.value(0, NCHW)], **window)), NCHW)
    return importer


PLUGIN: Importers = {"AVERAGE_POOL_2D": _pool("AveragePool"), "MAX_POOL_2D": _pool("MaxPool")}
