#include "kernels/pool/pool_table.h"
#include "kernels/reduce/reduce_table.h"
#include "ops/reduce_shape.h"

namespace edgec {
namespace {

edgec_status Prepare(const Node& node, PrepareContext& context, bool mean,
                     std::unique_ptr<Op>* op) {
  NodeInspector check(node, context);
  if (!check.Signature({EDGEC_F32}, EDGEC_F32, 3)) return check.status();
  const Tensor &x = *node.inputs[0], &out = *node.outputs[0];
  const ReduceShape shape(node, check);
  if (!check.ok()) return check.status();

  const float divisor = mean ? static_cast<float>(shape.reduce()) : 1.0f;
  if (shape.IsRow()) {
    const auto& kernel = SumRowF32Kernels().Best(context.isa);
    context.kernel = kernel.name;
    const size_t n = shape.reduce();
    *op = shape.MakeRowOp<float>(x, out, [=, run = kernel.run](const float* row, float* to) {
      *to = run(n, row) / divisor;
    });
    return EDGEC_OK;
  }
  const auto& kernel = AveragePoolF32Kernels().Best(context.isa);
  context.kernel = kernel.name;
  *op = shape.MakeColumnOp<float>(
      x, out,
      [=, run = kernel.run](size_t n, const PoolWindow& window, const float* columns, float* to) {
        run(n, window, columns, divisor, to);
      });
  return EDGEC_OK;
}

}  // namespace

edgec_status PrepareMeanF32(const Node& node, PrepareContext& context, std::unique_ptr<Op>* op) {
  return Prepare(node, context, true, op);
}

edgec_status PrepareSumF32(const Node& node, PrepareContext& context, std::unique_ptr<Op>* op) {
  return Prepare(node, context, false, op);
}

}  // namespace edgec
