"""What an .edgec file's records must satisfy together: indices, order, overlap."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from edgec.errors import FormatError
from edgec.format.plan_file import NodeRecord, PlanFile, TensorRecord

# The inputs that an op's output may lie exactly on. spec.md, In place.
IN_PLACE: Mapping[str, tuple[int, ...]] = MappingProxyType({
    **dict.fromkeys(("reshape", "lut_s8", "unary_f32", "softmax_s8", "softmax_f32", "layer_norm_s8",
                     "layer_norm_f32"), (0,)),
    **dict.fromkeys(("add_s8", "mul_s8", "binary_f32"), (0, 1)),
    **dict.fromkeys(("conv2d_s8", "fully_connected_s8"), (5,)),
})


def check(plan_file: PlanFile) -> None:
    """FormatError for the first broken rule, with the node and tensor it is about."""
    names = [t.name for t in plan_file.tensors]
    _require("" not in names, "a tensor has no name")
    _require(len(set(names)) == len(names), "two tensors have the same name")
    written = _check_inputs(plan_file)
    for index, node in enumerate(plan_file.nodes):
        where = f"node {index} ({node.op} {node.name!r})"
        _check_indices(plan_file, node, where)
        _check_order(plan_file, node, where, written)
        _check_overlap(plan_file, node, where)
    for index, tensor in enumerate(plan_file.tensors):
        _require(tensor.data is not None or index in written,
                 f"nothing writes tensor {tensor.name!r}")
    for index in plan_file.outputs:
        _require(index < len(names), f"model output {index} is not a tensor; there are "
                                     f"{len(names)}")


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise FormatError(f"malformed .edgec file: {message}.")


def _check_inputs(plan_file: PlanFile) -> set[int]:
    """The model inputs: distinct tensors in the arena."""
    for index in plan_file.inputs:
        _require(index < len(plan_file.tensors) and plan_file.tensors[index].data is None,
                 f"model input {index} is not a tensor in the arena")
    _require(len(set(plan_file.inputs)) == len(plan_file.inputs), "a model input is listed twice")
    return set(plan_file.inputs)


def _check_indices(plan_file: PlanFile, node: NodeRecord, where: str) -> None:
    count = len(plan_file.tensors)
    _require(len(node.outputs) > 0, f"{where} has no output")
    for index in node.inputs:
        _require(-1 <= index < count, f"{where} reads tensor {index}; there are {count}")
    for index in node.outputs:
        _require(0 <= index < count, f"{where} writes tensor {index}; there are {count}")
        _require(plan_file.tensors[index].data is None, f"{where} writes a constant")


def _check_order(plan_file: PlanFile, node: NodeRecord, where: str, written: set[int]) -> None:
    """Every arena tensor is written once, before it is read. Adds the node's outputs."""
    for index in node.inputs:
        _require(index < 0 or plan_file.tensors[index].data is not None or index in written,
                 f"{where} reads a tensor before it is written")
    for index in node.outputs:
        _require(index not in written, f"{where} writes a tensor that is already written")
        written.add(index)


def _check_overlap(plan_file: PlanFile, node: NodeRecord, where: str) -> None:
    for output in (plan_file.tensors[i] for i in node.outputs):
        for position, index in enumerate(node.inputs):
            source = plan_file.tensors[index]
            if index < 0 or source.data is not None or not _overlap(source, output):
                continue
            in_place = (position in IN_PLACE.get(node.op, ())
                        and (source.offset, source.nbytes) == (output.offset, output.nbytes))
            _require(in_place, f"{where}: output {output.name!r} overlaps input {source.name!r}")


def _overlap(a: TensorRecord, b: TensorRecord) -> bool:
    return a.offset < b.offset + b.nbytes and b.offset < a.offset + a.nbytes
