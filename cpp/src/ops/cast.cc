#include <limits>

#include "ops/loop_op.h"
#include "ops/node_inspector.h"

namespace edgec {
namespace {

// Truncates and saturates; NaN is 0. In C++ the plain conversion is undefined for what does not
// fit.
template <class To>
To Saturate(float value) {
  constexpr float kEnd = -static_cast<float>(std::numeric_limits<To>::min());  // 2^31 or 2^63
  if (value != value) return 0;
  if (value >= kEnd) return std::numeric_limits<To>::max();
  if (value < -kEnd) return std::numeric_limits<To>::min();
  return static_cast<To>(value);
}

template <class To, class From>
To Convert(From value) {
  return static_cast<To>(value);  // integers that do not fit wrap
}
template <>
int32_t Convert<int32_t, float>(float value) {
  return Saturate<int32_t>(value);
}
template <>
int64_t Convert<int64_t, float>(float value) {
  return Saturate<int64_t>(value);
}

template <class To, class From>
std::unique_ptr<Op> Make(const Tensor& x, const Tensor& out) {
  const From* from = x.as<From>();
  To* to = out.out<To>();
  return MakeLoop(out.elements(), GrainOf(1, sizeof(To)), [=](size_t begin, size_t end, uint32_t) {
    for (size_t i = begin; i < end; ++i) to[i] = Convert<To>(from[i]);
  });
}

template <class To>
std::unique_ptr<Op> MakeTo(const Tensor& x, const Tensor& out) {
  switch (x.dtype) {
    case EDGEC_F32:
      return Make<To, float>(x, out);
    case EDGEC_S8:
      return Make<To, int8_t>(x, out);
    case EDGEC_U8:
      return Make<To, uint8_t>(x, out);
    case EDGEC_S32:
      return Make<To, int32_t>(x, out);
    case EDGEC_S64:
      return Make<To, int64_t>(x, out);
    default:
      return nullptr;
  }
}

std::unique_ptr<Op> MakeAny(const Tensor& x, const Tensor& out) {
  switch (out.dtype) {
    case EDGEC_F32:
      return MakeTo<float>(x, out);
    case EDGEC_S32:
      return MakeTo<int32_t>(x, out);
    case EDGEC_S64:
      return MakeTo<int64_t>(x, out);
    default:
      return nullptr;
  }
}

}  // namespace

edgec_status PrepareCast(const Node& node, PrepareContext& context, std::unique_ptr<Op>* op) {
  NodeInspector check(node, context);
  if (!check.Counts(1, 0)) return check.status();
  check.SameShape(*node.inputs[0], *node.outputs[0]);
  if (!check.ok()) return check.status();
  *op = MakeAny(*node.inputs[0], *node.outputs[0]);
  check.Require(*op != nullptr, EDGEC_E_OP_TYPE, "there is no cast between these types");
  return check.status();
}

}  // namespace edgec
