"""Reductions over axes: mean, sum and maximum."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from edgec.lower.onnx_import._call import Call, Importers, normal_axis
from edgec.lower.onnx_import.arithmetic import need_float
from edgec.lower.ops.mean import Mean
from edgec.lower.ops.reduce_max import ReduceMax
from edgec.lower.ops.reduce_sum import ReduceSum

Reduction = type[Mean] | type[ReduceSum] | type[ReduceMax]


def _reduce(attributes: Reduction) -> Callable[[Call], Sequence[str]]:
    def importer(call: Call) -> Sequence[str]:
        need_float_data(call)
        rank = call.rank(call.input(0))
        # Since opset 18 (ReduceSum: 13) the axes are an input, before that an attribute.
        given = call.ints("axes") if "axes" in call.node.attributes else call.int_list(1, "axes")
        if not given and call.integer("noop_with_empty_axes", 0):
            return [call.input(0)]
        axes = tuple(sorted(normal_axis(a, rank) for a in given or range(rank)))
        return [call.emit(attributes(axes, bool(call.integer("keepdims", 1))), [call.input(0)])]
    return importer


def need_float_data(call: Call) -> None:
    """As need_float, of the first input only: the second one holds axes."""
    need_float(Call(call.node, call.name, call.inputs[:1], call.editor))


PLUGIN: Importers = {
    "ReduceMean": _reduce(Mean), "ReduceSum": _reduce(ReduceSum), "ReduceMax": _reduce(ReduceMax),
}
