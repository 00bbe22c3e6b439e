#include "ops/dense_strides.h"
#include "ops/node_inspector.h"
#include "ops/strided_copy.h"

namespace edgec {
namespace {

// Whether the params name each dim once, and the output has the dims in their order.
bool IsPermutation(const Node& node) {
  const Tensor &x = *node.inputs[0], &out = *node.outputs[0];
  uint32_t seen = 0;
  for (uint32_t i = 0; i < x.rank; ++i) {
    const int32_t from = node.params[i];
    if (from < 0 || static_cast<uint32_t>(from) >= x.rank) return false;
    if (out.dims[i] != x.dims[from]) return false;
    seen |= 1u << from;
  }
  return seen + 1 == 1u << x.rank;
}

}  // namespace

edgec_status PrepareTranspose(const Node& node, PrepareContext& context, std::unique_ptr<Op>* op) {
  NodeInspector check(node, context);
  const uint32_t rank = node.param_count;
  if (!check.Counts(1, rank)) return check.status();
  const Tensor &x = *node.inputs[0], &out = *node.outputs[0];
  check.Require(x.dtype == out.dtype, EDGEC_E_OP_TYPE, "input and output differ in type");
  check.Require(x.rank == rank, EDGEC_E_OP_PARAM, "perm must have one entry for each dim");
  check.Require(out.rank == rank, EDGEC_E_OP_SHAPE, "input and output differ in rank");
  check.Require(check.ok() && IsPermutation(node), EDGEC_E_OP_PARAM,
                "perm is not a permutation that leads to the output's shape");
  if (!check.ok()) return check.status();

  const DenseStrides in(x), to(out);
  StridedBox box = {{}, rank, ElementBytes(x), x.data, out.data};
  for (uint32_t i = 0; i < rank; ++i) box.dims[i] = {out.dims[i], in.of[node.params[i]], to.of[i]};
  *op = std::make_unique<StridedCopyOp>(box, context.isa);
  return EDGEC_OK;
}

}  // namespace edgec
