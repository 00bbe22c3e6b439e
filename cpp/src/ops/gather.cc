#include <cstring>

#include "ops/loop_op.h"
#include "ops/node_inspector.h"

namespace edgec {
namespace {

struct GatherShape {
  size_t outer, axis, row_bytes;  // a row is `inner` elements
};

// Index: int32_t or int64_t.
template <class Index>
class Gather final : public Op {
 public:
  Gather(const Node& node, const GatherShape& shape)
      : shape_(shape),
        from_(node.inputs[0]->as<uint8_t>()),
        indices_(node.inputs[1]->as<Index>()),
        count_(static_cast<size_t>(node.inputs[1]->elements())),
        to_(node.outputs[0]->out<uint8_t>()) {}

  // Indices may come from the outside at each run, so they are all checked before the first is
  // used.
  edgec_status Run(const RunContext& context) override {
    const Index axis = static_cast<Index>(shape_.axis);
    for (size_t i = 0; i < count_; ++i) {
      if (indices_[i] < -axis || indices_[i] >= axis) return EDGEC_E_INDEX;
    }
    auto rows = [this](size_t begin, size_t end, uint32_t) { Copy(begin, end); };
    context.pool.For(shape_.outer * count_, GrainOf(shape_.row_bytes, 1), rows);
    return EDGEC_OK;
  }

 private:
  void Copy(size_t begin, size_t end) const {
    for (size_t i = begin; i < end; ++i) {
      const Index index = indices_[i % count_];
      const size_t row =
          static_cast<size_t>(index < 0 ? index + static_cast<Index>(shape_.axis) : index);
      std::memcpy(to_ + i * shape_.row_bytes,
                  from_ + (i / count_ * shape_.axis + row) * shape_.row_bytes, shape_.row_bytes);
    }
  }

  GatherShape shape_;
  const uint8_t* from_;
  const Index* indices_;
  size_t count_;
  uint8_t* to_;
};

}  // namespace

edgec_status PrepareGather(const Node& node, PrepareContext& context, std::unique_ptr<Op>* op) {
  NodeInspector check(node, context);
  if (!check.Counts(2, 3)) return check.status();
  const Tensor &x = *node.inputs[0], &indices = *node.inputs[1], &out = *node.outputs[0];
  check.Require(x.dtype == out.dtype, EDGEC_E_OP_TYPE, "input and output differ in type");
  check.Require(indices.dtype == EDGEC_S32 || indices.dtype == EDGEC_S64, EDGEC_E_OP_TYPE,
                "indices must be s32 or s64");
  const size_t outer = check.Int(0, 1, INT32_MAX, "outer must be at least 1");
  const size_t axis = check.Int(1, 1, INT32_MAX, "axis must be at least 1");
  const size_t inner = check.Int(2, 1, INT32_MAX, "inner must be at least 1");
  check.Require(ProductIs(outer, axis, inner, x.elements()), EDGEC_E_OP_SHAPE,
                "outer * axis * inner is not the size of the input");
  check.Require(ProductIs(outer, indices.elements(), inner, out.elements()), EDGEC_E_OP_SHAPE,
                "outer * indices * inner is not the size of the output");
  if (!check.ok()) return check.status();

  const GatherShape shape = {outer, axis, inner * ElementBytes(x)};
  if (indices.dtype == EDGEC_S32) {
    *op = std::make_unique<Gather<int32_t>>(node, shape);
  } else {
    *op = std::make_unique<Gather<int64_t>>(node, shape);
  }
  return EDGEC_OK;
}

}  // namespace edgec
