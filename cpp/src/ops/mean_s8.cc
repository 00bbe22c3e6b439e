#include "kernels/pool/pool_table.h"
#include "kernels/reduce/reduce_table.h"
#include "ops/reduce_shape.h"

namespace edgec {

edgec_status PrepareMeanS8(const Node& node, PrepareContext& context, std::unique_ptr<Op>* op) {
  NodeInspector check(node, context);
  if (!check.Signature({EDGEC_S8}, EDGEC_S8, 6)) return check.status();
  const Tensor &x = *node.inputs[0], &out = *node.outputs[0];
  const ReduceShape shape(node, check);
  AveragePoolS8Params params = {};
  params.zero_in = check.ZeroPoint(3);
  params.range = check.FullRange(4);
  params.mult = check.Positive(5);
  if (!check.ok()) return check.status();

  if (shape.IsRow()) {
    const auto& kernel = SumRowS8Kernels().Best(context.isa);
    context.kernel = kernel.name;
    const size_t n = shape.reduce();
    const int32_t zeros = params.zero_in * static_cast<int32_t>(n);
    *op = shape.MakeRowOp<int8_t>(x, out, [=, run = kernel.run](const int8_t* row, int8_t* to) {
      *to = RoundToS8(static_cast<float>(run(n, row) - zeros) * params.mult, params.range);
    });
    return EDGEC_OK;
  }
  const auto& kernel = AveragePoolS8Kernels().Best(context.isa);
  context.kernel = kernel.name;
  *op = shape.MakeColumnOp<int8_t>(
      x, out,
      [=, run = kernel.run](size_t n, const PoolWindow& window, const int8_t* columns, int8_t* to) {
        run(n, window, columns, params, to);
      });
  return EDGEC_OK;
}

}  // namespace edgec
