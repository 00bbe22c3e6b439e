#include "kernels/eltwise/eltwise_table.h"
#include "ops/broadcast.h"
#include "ops/node_inspector.h"

namespace edgec {
namespace {

// |bias| + |a · mult_a| + |b · mult_b| for the worst a and b.
bool SumFits(const AddS8Params& params) {
  const auto size = [](int64_t value) { return value < 0 ? -value : value; };
  return size(params.bias) + 128 * size(params.mult_a) + 128 * size(params.mult_b) <= INT32_MAX;
}

}  // namespace

edgec_status PrepareAddS8(const Node& node, PrepareContext& context, std::unique_ptr<Op>* op) {
  NodeInspector check(node, context);
  if (!check.Signature({EDGEC_S8, EDGEC_S8}, EDGEC_S8, 7)) return check.status();
  const Tensor &a = *node.inputs[0], &b = *node.inputs[1], &out = *node.outputs[0];
  AddS8Params params = {};
  params.bias = node.params[0];
  params.mult_a = node.params[1];
  params.mult_b = node.params[2];
  check.Require(SumFits(params), EDGEC_E_OP_PARAM, "bias and multipliers overflow int32");
  params.shift = check.Int(3, 0, 31, "shift must lie in 0 .. 31");
  params.zero_point = check.ZeroPoint(4);
  params.qmin = check.Int(5, -128, 127, "qmin must lie in -128 .. 127");
  params.qmax = check.Int(6, params.qmin, 127, "qmax must lie in qmin .. 127");
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
