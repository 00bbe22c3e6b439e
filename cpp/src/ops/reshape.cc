#include <cstring>

#include "ops/node_inspector.h"

namespace edgec {
namespace {

class Reshape final : public Op {
 public:
  Reshape(const Tensor& x, const Tensor& out)
      : from_(x.data), to_(out.data), bytes_(static_cast<size_t>(out.bytes)) {}

  edgec_status Run(const RunContext& /*context*/) override {
    if (from_ != to_) std::memmove(to_, from_, bytes_);
    return EDGEC_OK;
  }

 private:
  const void* from_;
  void* to_;
  size_t bytes_;
};

}  // namespace

edgec_status PrepareReshape(const Node& node, PrepareContext& context, std::unique_ptr<Op>* op) {
  NodeInspector check(node, context);
  if (!check.Counts(1, 0)) return check.status();
  const Tensor &x = *node.inputs[0], &out = *node.outputs[0];
  check.Require(x.dtype == out.dtype, EDGEC_E_OP_TYPE, "input and output differ in type");
  check.Require(x.bytes == out.bytes, EDGEC_E_OP_SHAPE, "input and output differ in size");
  if (!check.ok()) return check.status();
  *op = std::make_unique<Reshape>(x, out);
  return EDGEC_OK;
}

}  // namespace edgec
