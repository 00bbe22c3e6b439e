#include <cstring>

#include "base/softmax_sum.h"
#include "ops/node_inspector.h"

namespace edgec {
namespace {

// A handful of values: no kernel family of its own.
class ExitF32 final : public Op {
 public:
  ExitF32(const Tensor& x, const uint32_t* table, uint32_t limit, const Tensor& out)
      : x_(x.as<float>()), count_(x.elements()), table_(table), limit_(limit), out_(out.data) {}

  edgec_status Run(const RunContext& context) override {
    if (SoftmaxSum(x_, count_, table_) <= limit_ && context.ended != nullptr) *context.ended = true;
    if (out_ != x_) std::memmove(out_, x_, count_ * sizeof(float));
    return EDGEC_OK;
  }

 private:
  const float* x_;
  uint64_t count_;
  const uint32_t* table_;
  uint32_t limit_;
  void* out_;
};

}  // namespace

edgec_status PrepareExitF32(const Node& node, PrepareContext& context, std::unique_ptr<Op>* op) {
  NodeInspector check(node, context);
  if (!check.Signature({EDGEC_F32, EDGEC_U32}, EDGEC_F32, 1)) return check.status();
  const Tensor &x = *node.inputs[0], &out = *node.outputs[0];
  check.SameShape(x, out);
  check.Require(
      x.rank > 0 && x.elements() == x.dims[x.rank - 1] && x.elements() <= kSoftmaxMostLogits,
      EDGEC_E_OP_SHAPE, "an exit reads one row of at most 4095 logits");
  check.Constant(1, kSoftmaxEntries, "the table must have 1024 entries");
  if (!check.ok()) return check.status();
  *op = std::make_unique<ExitF32>(x, node.inputs[1]->as<uint32_t>(),
                                  static_cast<uint32_t>(node.params[0]), out);
  return EDGEC_OK;
}

}  // namespace edgec
