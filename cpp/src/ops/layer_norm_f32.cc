#include "kernels/layer_norm/layer_norm_table.h"
#include "ops/loop_op.h"
#include "ops/node_inspector.h"

namespace edgec {

edgec_status PrepareLayerNormF32(const Node& node, PrepareContext& context,
                                 std::unique_ptr<Op>* op) {
  NodeInspector check(node, context);
  if (!check.Signature({EDGEC_F32, EDGEC_F32, EDGEC_F32}, EDGEC_F32, 2)) return check.status();
  const Tensor& out = *node.outputs[0];
  check.SameShape(*node.inputs[0], out);
  const size_t n = check.Int(0, 1, 1 << 22, "n must lie in 1 .. 2^22");
  check.Require(out.elements() % n == 0, EDGEC_E_OP_SHAPE, "the rows do not fill the input");
  check.Require(node.inputs[1]->elements() == n && node.inputs[2]->elements() == n,
                EDGEC_E_OP_SHAPE, "gamma and beta must have n elements");
  LayerNormF32Params params = {};
  params.eps = check.Number(1);
  check.Require(params.eps >= 0.0f, EDGEC_E_OP_PARAM, "epsilon must not be negative");
  if (!check.ok()) return check.status();

  const auto& kernel = LayerNormF32Kernels().Best(context.isa);
  context.kernel = kernel.name;
  params.gamma = node.inputs[1]->as<float>();
  params.beta = node.inputs[2]->as<float>();
  const float* x = node.inputs[0]->as<float>();
  float* to = out.out<float>();
  *op = MakeLoop(out.elements() / n, GrainOf(n, 2 * sizeof(float)),
                 [=, run = kernel.run](size_t begin, size_t end, uint32_t) {
                   for (size_t i = begin; i < end; ++i) run(n, x + i * n, params, to + i * n);
                 });
  return EDGEC_OK;
}

}  // namespace edgec
