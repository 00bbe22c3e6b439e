"""What an .edgec file's records must satisfy together: indices, order, overlap."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from edgec.errors import FormatError
from edgec.format.plan_file import NUMPY, NodeRecord, PlanFile, TensorRecord
from edgec.format.views import parts_in_one_piece, slice_offset

# The inputs that an op's output may lie exactly on. spec.md, In place.
IN_PLACE: Mapping[str, tuple[int, ...]] = MappingProxyType({
    **dict.fromkeys(("reshape", "lut_s8", "unary_f32", "softmax_s8", "softmax_f32", "layer_norm_s8",
                     "layer_norm_f32", "exit_f32"), (0,)),
    **dict.fromkeys(("add_s8", "mul_s8", "binary_f32"), (0, 1)),
    **dict.fromkeys(("conv2d_s8", "fully_connected_s8"), (5,)),
    **dict.fromkeys(("sparse_conv2d_s8", "sparse_fully_connected_s8"), (7,)),
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
        _require(node.op != "exit_f32" or set(node.outputs) <= set(plan_file.outputs),
                 f"{where} is an exit and its output is no model output")
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
            same = (source.offset, source.nbytes) == (output.offset, output.nbytes)
            _require((same and position in IN_PLACE.get(node.op, ()))
                     or _is_slice(node, source, output)
                     or _is_part(plan_file, node, position, output),
                     f"{where}: output {output.name!r} overlaps input {source.name!r}")


def _is_slice(node: NodeRecord, x: TensorRecord, output: TensorRecord) -> bool:
    """Whether the output is the part of x that the slice takes."""
    rank, params = len(x.dims), node.params
    if node.op != "slice" or len(params) != 2 * rank or len(output.dims) != rank:
        return False
    start, step = params[:rank], params[rank:]
    inside = all(s >= 0 and s + n <= dim
                 for s, n, dim in zip(start, output.dims, x.dims, strict=True))
    first = slice_offset(x.dims, output.dims, start, step)
    return (inside and first is not None and x.dtype == output.dtype
            and output.offset == x.offset + first * NUMPY[x.dtype].itemsize)


def _is_part(plan_file: PlanFile, node: NodeRecord, position: int, output: TensorRecord) -> bool:
    """Whether the input lies where the concatenation puts it."""
    axis = node.params[0] if len(node.params) == 1 else -1
    if node.op != "concat" or not 0 <= axis < len(output.dims) or min(node.inputs) < 0 \
            or not parts_in_one_piece(output.dims, axis):
        return False
    parts = [plan_file.tensors[i] for i in node.inputs[:position + 1]]
    before = sum(part.nbytes for part in parts[:-1])
    return (parts[-1].offset == output.offset + before
            and before + parts[-1].nbytes <= output.nbytes)


def _overlap(a: TensorRecord, b: TensorRecord) -> bool:
    return a.offset < b.offset + b.nbytes and b.offset < a.offset + a.nbytes
