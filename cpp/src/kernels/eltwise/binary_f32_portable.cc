#include <cmath>

#include "kernels/eltwise/eltwise.h"

namespace edgec {
namespace {

float Apply(BinaryKind kind, float a, float b) {
  switch (kind) {
    case BinaryKind::kAdd:
      return a + b;
    case BinaryKind::kSub:
      return a - b;
    case BinaryKind::kMul:
      return a * b;
    case BinaryKind::kDiv:
      return a / b;
    case BinaryKind::kMinimum:
      return a != a || a < b ? a : b;
    case BinaryKind::kMaximum:
      return a != a || a > b ? a : b;
    case BinaryKind::kPow:
      return powf(a, b);
    case BinaryKind::kCount:
      break;
  }
  return a;
}

}  // namespace

void binary_f32_portable(Operands operands, size_t n, const float* a, const float* b,
                         const BinaryF32Params& params, float* out) {
  for (size_t i = 0; i < n; ++i) {
    float value = Apply(params.kind, a[operands == Operands::kScalarA ? 0 : i],
                        b[operands == Operands::kScalarB ? 0 : i]);
    if (value < params.low) value = params.low;
    if (value > params.high) value = params.high;
    out[i] = value;
  }
}

}  // namespace edgec
