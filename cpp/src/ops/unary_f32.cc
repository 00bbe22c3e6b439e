#include "kernels/unary_f32/unary_f32_table.h"
#include "ops/loop_op.h"
#include "ops/node_inspector.h"

namespace edgec {

edgec_status PrepareUnaryF32(const Node& node, PrepareContext& context, std::unique_ptr<Op>* op) {
  NodeInspector check(node, context);
  if (!check.Signature({EDGEC_F32}, EDGEC_F32, 3)) return check.status();
  check.SameShape(*node.inputs[0], *node.outputs[0]);
  constexpr int32_t kLast = static_cast<int32_t>(UnaryKind::kCount) - 1;
  const auto kind = static_cast<UnaryKind>(check.Int(0, 0, kLast, "an unknown kind of function"));
  const float alpha = check.Number(1), beta = check.Number(2);
  check.Require(kind != UnaryKind::kClip || alpha <= beta, EDGEC_E_OP_PARAM,
                "alpha of a clip is greater than beta");
  if (!check.ok()) return check.status();

  const auto& kernel = UnaryF32Kernels().Best(context.isa);
  context.kernel = kernel.name;
  const float* x = node.inputs[0]->as<float>();
  float* out = node.outputs[0]->out<float>();
  constexpr size_t kCostBytes = 4 * sizeof(float);  // an exp costs a multiple of its loads
  *op = MakeLoop(node.outputs[0]->elements(), GrainOf(1, kCostBytes),
                 [=, run = kernel.run](size_t begin, size_t end, uint32_t) {
                   run(kind, end - begin, x + begin, alpha, beta, out + begin);
                 });
  return EDGEC_OK;
}

}  // namespace edgec
