#include "kernels/quantize/quantize_table.h"
#include "ops/loop_op.h"
#include "ops/node_inspector.h"

namespace edgec {

edgec_status PrepareDequantizeS8F32(const Node& node, PrepareContext& context,
                                    std::unique_ptr<Op>* op) {
  NodeInspector check(node, context);
  if (!check.Signature({EDGEC_S8}, EDGEC_F32, 2)) return check.status();
  check.SameShape(*node.inputs[0], *node.outputs[0]);
  const float scale = check.Positive(0);
  const int32_t zero_point = check.ZeroPoint(1);
  if (!check.ok()) return check.status();

  const auto& kernel = DequantizeS8F32Kernels().Best(context.isa);
  context.kernel = kernel.name;
  const int8_t* x = node.inputs[0]->as<int8_t>();
  float* out = node.outputs[0]->out<float>();
  *op = MakeLoop(node.outputs[0]->elements(), GrainOf(1, sizeof(float)),
                 [=, run = kernel.run](size_t begin, size_t end, uint32_t) {
                   run(end - begin, x + begin, scale, zero_point, out + begin);
                 });
  return EDGEC_OK;
}

}  // namespace edgec
