#include "kernels/eltwise/eltwise_table.h"
#include "ops/broadcast.h"
#include "ops/node_inspector.h"

namespace edgec {

edgec_status PrepareBinaryF32(const Node& node, PrepareContext& context, std::unique_ptr<Op>* op) {
  NodeInspector check(node, context);
  if (!check.Signature({EDGEC_F32, EDGEC_F32}, EDGEC_F32, 3)) return check.status();
  const Tensor &a = *node.inputs[0], &b = *node.inputs[1], &out = *node.outputs[0];
  constexpr int32_t kLast = static_cast<int32_t>(BinaryKind::kCount) - 1;
  BinaryF32Params params = {};
  params.kind = static_cast<BinaryKind>(check.Int(0, 0, kLast, "an unknown kind of function"));
  params.low = check.Number(1);
  params.high = check.Number(2);
  check.Require(params.low <= params.high, EDGEC_E_OP_PARAM, "min is greater than max");
  Broadcast broadcast;
  check.Require(broadcast.Prepare(a, b, out), EDGEC_E_OP_SHAPE,
                "the inputs do not broadcast to the output");
  if (!check.ok()) return check.status();

  const auto table = BinaryF32Kernels();
  const auto& kernel =
      params.kind == BinaryKind::kPow ? *(table.end() - 1) : table.Best(context.isa);
  context.kernel = kernel.name;
  *op = broadcast.MakeOp<float>(
      a, b, out,
      [=, run = kernel.run](Operands operands, size_t n, const float* row_a, const float* row_b,
                            float* row) { run(operands, n, row_a, row_b, params, row); });
  return EDGEC_OK;
}

}  // namespace edgec
