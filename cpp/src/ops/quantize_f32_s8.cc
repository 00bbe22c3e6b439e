#include "kernels/quantize/quantize_table.h"
#include "ops/loop_op.h"
#include "ops/node_inspector.h"

namespace edgec {

edgec_status PrepareQuantizeF32S8(const Node& node, PrepareContext& context,
                                  std::unique_ptr<Op>* op) {
  NodeInspector check(node, context);
  if (!check.Signature({EDGEC_F32}, EDGEC_S8, 2)) return check.status();
  check.SameShape(*node.inputs[0], *node.outputs[0]);
  const float scale = check.Positive(0);
  const S8Range range = check.FullRange(1);
  if (!check.ok()) return check.status();

  const auto& kernel = QuantizeF32S8Kernels().Best(context.isa);
  context.kernel = kernel.name;
  const float* x = node.inputs[0]->as<float>();
  int8_t* out = node.outputs[0]->out<int8_t>();
  *op = MakeLoop(node.outputs[0]->elements(), GrainOf(1, sizeof(float)),
                 [=, run = kernel.run](size_t begin, size_t end, uint32_t) {
                   run(end - begin, x + begin, scale, range, out + begin);
                 });
  return EDGEC_OK;
}

}  // namespace edgec
