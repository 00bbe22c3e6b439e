#include "kernels/layer_norm/layer_norm_table.h"
#include "ops/loop_op.h"
#include "ops/node_inspector.h"

namespace edgec {

edgec_status PrepareLayerNormS8(const Node& node, PrepareContext& context,
                                std::unique_ptr<Op>* op) {
  NodeInspector check(node, context);
  if (!check.Signature({EDGEC_S8, EDGEC_F32, EDGEC_F32}, EDGEC_S8, 5)) return check.status();
  const Tensor& out = *node.outputs[0];
  check.SameShape(*node.inputs[0], out);
  const size_t n = check.Int(0, 1, 1 << 22, "n must lie in 1 .. 2^22");
  check.Require(out.elements() % n == 0, EDGEC_E_OP_SHAPE, "the rows do not fill the input");
  check.Require(node.inputs[1]->elements() == n && node.inputs[2]->elements() == n,
                EDGEC_E_OP_SHAPE, "gamma and beta must have n elements");
  LayerNormS8Params params = {};
  params.eps_q = check.Number(1);
  check.Require(params.eps_q >= 0.0f, EDGEC_E_OP_PARAM, "epsilon must not be negative");
  params.range = check.Range(2);
  if (!check.ok()) return check.status();

  const auto& kernel = LayerNormS8Kernels().Best(context.isa);
  context.kernel = kernel.name;
  params.gamma = node.inputs[1]->as<float>();
  params.beta = node.inputs[2]->as<float>();
  const int8_t* x = node.inputs[0]->as<int8_t>();
  int8_t* to = out.out<int8_t>();
  *op = MakeLoop(out.elements() / n, GrainOf(n, 8),
                 [=, run = kernel.run](size_t begin, size_t end, uint32_t) {
                   for (size_t i = begin; i < end; ++i) run(n, x + i * n, params, to + i * n);
                 });
  return EDGEC_OK;
}

}  // namespace edgec
