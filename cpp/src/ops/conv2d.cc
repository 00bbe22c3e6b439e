// conv2d_s8, sparse_conv2d_s8 and conv2d_f32: checks, then Winograd where it pays, or igemm.
#include <type_traits>

#include "ops/conv2d_winograd.h"
#include "ops/igemm_operands.h"
#include "ops/node_check.h"

namespace edgec {
namespace {

constexpr uint32_t kGroupsParam = kConv2dWindowParams;

template <class T>
edgec_status PrepareConv2d(const Node& node, PrepareContext& context, edgec_dtype dtype,
                           std::unique_ptr<Op>* op) {
  const Tensor &x = *node.inputs[0], &y = *node.outputs[0];
  if (!IsPlain(x, dtype, 4) || !IsPlain(y, dtype, 4)) {
    return Refuse(context, EDGEC_E_OP_TYPE, "x and y must be [n,h,w,c] of the op's type");
  }
  Conv2dTask<T> task;
  if (const edgec_status status = ReadConv2dWindow(node, context, &task.window)) return status;
  const int32_t groups = node.params[kGroupsParam];
  if (groups < 1) return Refuse(context, EDGEC_E_OP_PARAM, "groups must be 1 or more");
  task.groups = static_cast<size_t>(groups);
  if (x.dims[3] % task.groups != 0 || y.dims[3] % task.groups != 0) {
    return Refuse(context, EDGEC_E_OP_SHAPE, "groups must divide the channels of x and of y");
  }
  task.depth = x.dims[3] / task.groups;
  task.columns = y.dims[3] / task.groups;
  if (const edgec_status status = BindIgemmOperands(node, context, kGroupsParam + 1, &task)) {
    return status;
  }
  if constexpr (std::is_same_v<T, int8_t>) {
    const int32_t* bias = node.inputs[2]->as<int32_t>();
    if (WinogradPays(task, bias)) return MakeConv2dWinograd(std::move(task), bias, context, op);
  }
  return MakeConv2dIgemm(std::move(task), context, op);
}

}  // namespace

edgec_status PrepareConv2dS8(const Node& node, PrepareContext& context, std::unique_ptr<Op>* op) {
  if (const edgec_status status = CheckIgemmCounts(node, context, 13)) return status;
  return PrepareConv2d<int8_t>(node, context, EDGEC_S8, op);
}

edgec_status PrepareSparseConv2dS8(const Node& node, PrepareContext& context,
                                   std::unique_ptr<Op>* op) {
  if (const edgec_status status = CheckSparseCounts(node, context, 13)) return status;
  return PrepareConv2d<SparseS8>(node, context, EDGEC_S8, op);
}

edgec_status PrepareConv2dF32(const Node& node, PrepareContext& context, std::unique_ptr<Op>* op) {
  if (const edgec_status status = CheckCounts(node, context, 3, 1, 11)) return status;
  return PrepareConv2d<float>(node, context, EDGEC_F32, op);
}

}  // namespace edgec
