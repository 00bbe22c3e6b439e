#include "ops/dense_strides.h"
#include "ops/node_inspector.h"
#include "ops/strided_copy.h"

namespace edgec {

edgec_status PrepareSlice(const Node& node, PrepareContext& context, std::unique_ptr<Op>* op) {
  NodeInspector check(node, context);
  if (!check.Counts(1, node.param_count)) return check.status();
  const Tensor &x = *node.inputs[0], &out = *node.outputs[0];
  const uint32_t rank = x.rank;
  check.Require(node.param_count == 2 * rank, EDGEC_E_OP_PARAM,
                "start and step must have one entry for each dim");
  check.Require(x.dtype == out.dtype, EDGEC_E_OP_TYPE, "input and output differ in type");
  check.Require(x.rank == out.rank, EDGEC_E_OP_SHAPE, "input and output differ in rank");
  if (!check.ok()) return check.status();

  const DenseStrides in(x), to(out);
  StridedBox box = {{}, rank, ElementBytes(x), nullptr, out.data};
  size_t first = 0;
  for (uint32_t i = 0; i < rank; ++i) {
    const int64_t start = check.Int(i, 0, INT32_MAX, "start must not be negative");
    const int64_t step = check.Int(rank + i, 1, INT32_MAX, "step must be at least 1");
    check.Require(start + (out.dims[i] - int64_t{1}) * step < x.dims[i], EDGEC_E_OP_SHAPE,
                  "the slice reaches beyond the input");
    if (!check.ok()) return check.status();
    first += static_cast<size_t>(start) * in.of[i];
    box.dims[i] = {out.dims[i], in.of[i] * static_cast<size_t>(step), to.of[i]};
  }
  box.in = x.as<uint8_t>() + first * box.element_bytes;
  *op = std::make_unique<StridedCopyOp>(box, context.isa);
  return EDGEC_OK;
}

}  // namespace edgec
