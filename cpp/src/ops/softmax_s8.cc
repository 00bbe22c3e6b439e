#include "kernels/softmax/softmax_table.h"
#include "ops/loop_op.h"
#include "ops/node_inspector.h"

namespace edgec {

edgec_status PrepareSoftmaxS8(const Node& node, PrepareContext& context, std::unique_ptr<Op>* op) {
  NodeInspector check(node, context);
  if (!check.Signature({EDGEC_S8, EDGEC_U32}, EDGEC_S8, 3)) return check.status();
  const Tensor& out = *node.outputs[0];
  check.SameShape(*node.inputs[0], out);
  const size_t n = check.Int(0, 1, INT32_MAX, "n must be at least 1");
  check.Require(out.elements() % n == 0, EDGEC_E_OP_SHAPE, "the rows do not fill the input");
  check.Constant(1, 256, "the table must have 256 entries");
  SoftmaxS8Params params = {};
  params.inv_scale = check.Positive(1);
  params.range = check.FullRange(2);
  if (!check.ok()) return check.status();

  const auto& kernel = SoftmaxS8Kernels().Best(context.isa);
  context.kernel = kernel.name;
  params.lut = node.inputs[1]->as<uint32_t>();
  const int8_t* x = node.inputs[0]->as<int8_t>();
  int8_t* to = out.out<int8_t>();
  *op = MakeLoop(out.elements() / n, GrainOf(n, 8),
                 [=, run = kernel.run](size_t begin, size_t end, uint32_t) {
                   for (size_t i = begin; i < end; ++i) run(n, x + i * n, params, to + i * n);
                 });
  return EDGEC_OK;
}

}  // namespace edgec
