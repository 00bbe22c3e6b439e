#include "kernels/lut/lut_table.h"
#include "ops/loop_op.h"
#include "ops/node_inspector.h"

namespace edgec {
namespace {

bool IsByte(const Tensor& tensor) { return tensor.dtype == EDGEC_S8 || tensor.dtype == EDGEC_U8; }

}  // namespace

edgec_status PrepareLutS8(const Node& node, PrepareContext& context, std::unique_ptr<Op>* op) {
  NodeInspector check(node, context);
  if (!check.Counts(2, 0)) return check.status();
  check.Require(IsByte(*node.inputs[0]) && IsByte(*node.outputs[0]), EDGEC_E_OP_TYPE,
                "input and output must be int8 or uint8");
  check.Require(node.inputs[1]->dtype == EDGEC_S8, EDGEC_E_OP_TYPE, "the table must be int8");
  check.SameShape(*node.inputs[0], *node.outputs[0]);
  check.Constant(1, 256, "the table must have 256 entries");
  if (!check.ok()) return check.status();

  const auto& kernel = LutS8Kernels().Best(context.isa);
  context.kernel = kernel.name;
  const int8_t* x = node.inputs[0]->as<int8_t>();
  const int8_t* table = node.inputs[1]->as<int8_t>();
  int8_t* out = node.outputs[0]->out<int8_t>();
  *op = MakeLoop(node.outputs[0]->elements(), GrainOf(1, 1),
                 [=, run = kernel.run](size_t begin, size_t end, uint32_t) {
                   run(end - begin, x + begin, table, out + begin);
                 });
  return EDGEC_OK;
}

}  // namespace edgec
