// fully_connected_s8, fully_connected_f32 and sparse_fully_connected_s8: a 1×1 convolution of one
// line of pixels.
#include <algorithm>

#include "ops/igemm_operands.h"
#include "ops/node_check.h"

namespace edgec {
namespace {

template <class T>
edgec_status PrepareFullyConnected(const Node& node, PrepareContext& context, edgec_dtype dtype,
                                   std::unique_ptr<Op>* op) {
  const Tensor &x = *node.inputs[0], &y = *node.outputs[0];
  if (!IsPlain(x, dtype, x.rank) || !IsPlain(y, dtype, x.rank) || x.rank == 0) {
    return Refuse(context, EDGEC_E_OP_TYPE, "x and y must be of the op's type, and of one rank");
  }
  const uint32_t last = x.rank - 1;
  if (!std::equal(x.dims, x.dims + last, y.dims)) {
    return Refuse(context, EDGEC_E_OP_SHAPE, "x and y must be equal but for their last dimension");
  }
  Conv2dTask<T> task;
  task.depth = x.dims[last];
  task.columns = y.dims[last];
  task.window.in_c = x.dims[last];
  task.window.in_w = task.window.out_w = static_cast<int64_t>(x.elements() / x.dims[last]);
  if (const edgec_status status = BindIgemmOperands(node, context, 0, &task)) return status;
  return MakeConv2dIgemm(std::move(task), context, op);
}

}  // namespace

edgec_status PrepareFullyConnectedS8(const Node& node, PrepareContext& context,
                                     std::unique_ptr<Op>* op) {
  if (const edgec_status status = CheckIgemmCounts(node, context, 4)) return status;
  return PrepareFullyConnected<int8_t>(node, context, EDGEC_S8, op);
}

edgec_status PrepareFullyConnectedF32(const Node& node, PrepareContext& context,
                                      std::unique_ptr<Op>* op) {
  if (const edgec_status status = CheckCounts(node, context, 3, 1, 2)) return status;
  return PrepareFullyConnected<float>(node, context, EDGEC_F32, op);
}

edgec_status PrepareSparseFullyConnectedS8(const Node& node, PrepareContext& context,
                                           std::unique_ptr<Op>* op) {
  if (const edgec_status status = CheckSparseCounts(node, context, 4)) return status;
  return PrepareFullyConnected<SparseS8>(node, context, EDGEC_S8, op);
}

}  // namespace edgec
