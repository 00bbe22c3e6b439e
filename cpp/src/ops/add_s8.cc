#include "kernels/eltwise/eltwise_table.h"
#include "ops/broadcast.h"
#include "ops/node_inspector.h"
#include "ops/residual_add.h"

namespace edgec {
edgec_status PrepareAddS8(const Node& node, PrepareContext& context, std::unique_ptr<Op>* op) {
  NodeInspector check(node, context);
  if (!check.Signature({EDGEC_S8, EDGEC_S8}, EDGEC_S8, kAddS8Params)) return check.status();
  const Tensor &a = *node.inputs[0], &b = *node.inputs[1], &out = *node.outputs[0];
  AddS8Params params;
  if (const auto status = ReadAddS8Params(node, context, 0, &params)) return status;
  Broadcast broadcast;
  check.Require(broadcast.Prepare(a, b, out), EDGEC_E_OP_SHAPE,
                "the inputs do not broadcast to the output");
  if (!check.ok()) return check.status();

  const auto& kernel = AddS8Kernels().Best(context.isa);
  context.kernel = kernel.name;
  *op = broadcast.MakeOp<int8_t>(
      a, b, out,
      [=, run = kernel.run](Operands operands, size_t n, const int8_t* row_a, const int8_t* row_b,
                            int8_t* row) { run(operands, n, row_a, row_b, params, row); });
  return EDGEC_OK;
}

}  // namespace edgec
