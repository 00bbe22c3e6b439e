#include <algorithm>
#include <cstring>

#include "ops/dense_strides.h"
#include "ops/loop_op.h"
#include "ops/node_inspector.h"
#include "ops/strided_copy.h"

namespace edgec {
namespace {

// Fills the output with the value, then copies the input into its place.
class Pad final : public Op {
 public:
  Pad(const StridedBox& box, const Tensor& out, uint32_t value, IsaSet isa)
      : copy_(box, isa),
        out_(out.data),
        elements_(static_cast<size_t>(out.elements())),
        element_bytes_(box.element_bytes),
        value_(value) {}

  edgec_status Run(const RunContext& context) override {
    auto fill = [this](size_t begin, size_t end, uint32_t) { Fill(begin, end); };
    context.pool.For(elements_, GrainOf(1, element_bytes_), fill);
    copy_.Run(context.pool);
    return EDGEC_OK;
  }

 private:
  void Fill(size_t begin, size_t end) {
    if (element_bytes_ == 1) {
      std::memset(static_cast<uint8_t*>(out_) + begin, static_cast<uint8_t>(value_), end - begin);
    } else if (element_bytes_ == 4) {
      std::fill(static_cast<uint32_t*>(out_) + begin, static_cast<uint32_t*>(out_) + end, value_);
    } else {
      std::fill(static_cast<uint64_t*>(out_) + begin, static_cast<uint64_t*>(out_) + end,
                uint64_t{value_});
    }
  }

  StridedCopy copy_;
  void* out_;
  size_t elements_;
  size_t element_bytes_;
  uint32_t value_;  // the bits of one element, zero-extended
};

}  // namespace

edgec_status PreparePad(const Node& node, PrepareContext& context, std::unique_ptr<Op>* op) {
  NodeInspector check(node, context);
  if (!check.Counts(1, node.param_count)) return check.status();
  const Tensor &x = *node.inputs[0], &out = *node.outputs[0];
  const uint32_t rank = x.rank;
  check.Require(node.param_count == rank + 1, EDGEC_E_OP_PARAM,
                "before must have one entry for each dim, and one is the value");
  check.Require(x.dtype == out.dtype, EDGEC_E_OP_TYPE, "input and output differ in type");
  check.Require(x.rank == out.rank, EDGEC_E_OP_SHAPE, "input and output differ in rank");
  if (!check.ok()) return check.status();

  const DenseStrides in(x), to(out);
  StridedBox box = {{}, rank, ElementBytes(x), x.data, nullptr};
  size_t first = 0;
  for (uint32_t i = 0; i < rank; ++i) {
    const int32_t before = check.Int(i, 0, INT32_MAX, "before must not be negative");
    check.Require(uint64_t(before) + x.dims[i] <= out.dims[i], EDGEC_E_OP_SHAPE,
                  "the padded input is larger than the output");
    if (!check.ok()) return check.status();
    first += static_cast<size_t>(before) * to.of[i];
    box.dims[i] = {x.dims[i], in.of[i], to.of[i]};
  }
  box.out = out.out<uint8_t>() + first * box.element_bytes;
  const uint32_t value = static_cast<uint32_t>(node.params[rank]);
  *op = std::make_unique<Pad>(box, out, value, context.isa);
  return EDGEC_OK;
}

}  // namespace edgec
