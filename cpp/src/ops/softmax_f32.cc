#include "kernels/softmax/softmax_table.h"
#include "ops/loop_op.h"
#include "ops/node_inspector.h"

namespace edgec {

edgec_status PrepareSoftmaxF32(const Node& node, PrepareContext& context, std::unique_ptr<Op>* op) {
  NodeInspector check(node, context);
  if (!check.Signature({EDGEC_F32}, EDGEC_F32, 1)) return check.status();
  const Tensor& out = *node.outputs[0];
  check.SameShape(*node.inputs[0], out);
  const size_t n = check.Int(0, 1, INT32_MAX, "n must be at least 1");
  check.Require(out.elements() % n == 0, EDGEC_E_OP_SHAPE, "the rows do not fill the input");
  if (!check.ok()) return check.status();

  const auto& kernel = SoftmaxF32Kernels().Best(context.isa);
  context.kernel = kernel.name;
  const float* x = node.inputs[0]->as<float>();
  float* to = out.out<float>();
  *op = MakeLoop(out.elements() / n, GrainOf(n, 4 * sizeof(float)),
                 [=, run = kernel.run](size_t begin, size_t end, uint32_t) {
                   for (size_t i = begin; i < end; ++i) run(n, x + i * n, to + i * n);
                 });
  return EDGEC_OK;
}

}  // namespace edgec
