#include <vector>

#include "ops/dense_strides.h"
#include "ops/node_inspector.h"
#include "ops/strided_copy.h"

namespace edgec {
namespace {

class Concat final : public Op {
 public:
  void Add(const StridedBox& box, IsaSet isa) { copies_.emplace_back(box, isa); }

  edgec_status Run(const RunContext& context) override {
    for (StridedCopy& copy : copies_) copy.Run(context.pool);
    return EDGEC_OK;
  }

 private:
  std::vector<StridedCopy> copies_;
};

// Whether the part has the output's type and shape but for the axis.
bool Fits(const Tensor& part, const Tensor& out, uint32_t axis) {
  if (part.dtype != out.dtype || part.rank != out.rank) return false;
  for (uint32_t i = 0; i < out.rank; ++i) {
    if (i != axis && part.dims[i] != out.dims[i]) return false;
  }
  return true;
}

}  // namespace

edgec_status PrepareConcat(const Node& node, PrepareContext& context, std::unique_ptr<Op>* op) {
  NodeInspector check(node, context);
  check.Require(node.input_count >= 2, EDGEC_E_OP_TYPE, "concat needs two inputs or more");
  if (!check.Counts(node.input_count, 1)) return check.status();
  const Tensor& out = *node.outputs[0];
  check.Require(out.rank >= 1, EDGEC_E_OP_SHAPE, "a scalar has no axis");
  const uint32_t axis =
      check.Int(0, 0, static_cast<int32_t>(out.rank) - 1, "axis must be a dim of the output");
  uint64_t length = 0;
  for (uint32_t i = 0; check.ok() && i < node.input_count; ++i) {
    check.Require(Fits(*node.inputs[i], out, axis), EDGEC_E_OP_SHAPE,
                  "an input differs from the output in more than the axis");
    if (check.ok()) length += node.inputs[i]->dims[axis];
  }
  check.Require(length == out.dims[axis], EDGEC_E_OP_SHAPE, "the inputs do not fill the axis");
  if (!check.ok()) return check.status();

  auto concat = std::make_unique<Concat>();
  const DenseStrides to(out);
  uint8_t* at = out.out<uint8_t>();
  for (uint32_t i = 0; i < node.input_count; ++i) {
    const Tensor& part = *node.inputs[i];
    const DenseStrides in(part);
    StridedBox box = {{}, out.rank, ElementBytes(out), part.data, at};
    for (uint32_t d = 0; d < out.rank; ++d) box.dims[d] = {part.dims[d], in.of[d], to.of[d]};
    concat->Add(box, context.isa);
    at += part.dims[axis] * to.of[axis] * box.element_bytes;
  }
  *op = std::move(concat);
  return EDGEC_OK;
}

}  // namespace edgec
