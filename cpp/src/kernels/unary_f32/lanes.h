// The functions of unary_f32.h over the lanes of simd/.
#ifndef EDGEC_KERNELS_UNARY_F32_LANES_H_
#define EDGEC_KERNELS_UNARY_F32_LANES_H_

#include <cassert>

#include "kernels/simd/math.h"
#include "kernels/unary_f32/unary_f32.h"

namespace edgec {
namespace {

inline F32 One() { return Fill(1.0f); }
inline F32 Zero() { return Fill(0.0f); }

inline F32 Gelu(F32 x) { return (x * Fill(0.5f)) * (Erf(x * Fill(0.707106781f)) + One()); }
inline F32 GeluTanh(F32 x) {
  const F32 cubic = (x * x) * x * Fill(0.044715f) + x;
  return (x * Fill(0.5f)) * (Tanh(cubic * Fill(0.797884561f)) + One());
}
inline F32 HardSigmoid(F32 x, F32 alpha, F32 beta) {
  return Clamp(x * alpha + beta, Zero(), One());
}
inline F32 HardSwish(F32 x) { return x * HardSigmoid(x, Fill(1.0f / 6.0f), Fill(0.5f)); }
inline F32 Softplus(F32 x) { return Max(Zero(), x) + Log1Plus(Exp(-Abs(x))); }
inline F32 LeakyRelu(F32 x, F32 alpha) { return Select(x < Zero(), x * alpha, x); }
inline F32 Elu(F32 x, F32 alpha) {
  return Select(x < Zero(), ExpMinus1(Min(Zero(), x)) * alpha, x);
}

// Functions without a parameter.
inline void UnaryF32Plain(UnaryKind kind, size_t n, const float* x, float* out) {
  const auto map = [&](auto f) { Map(n, x, out, f); };
  switch (kind) {
    case UnaryKind::kRelu:
      return map([](F32 v) { return Max(Zero(), v); });
    case UnaryKind::kSigmoid:
      return map([](F32 v) { return Sigmoid(v); });
    case UnaryKind::kTanh:
      return map([](F32 v) { return Tanh(v); });
    case UnaryKind::kGelu:
      return map([](F32 v) { return Gelu(v); });
    case UnaryKind::kGeluTanh:
      return map([](F32 v) { return GeluTanh(v); });
    case UnaryKind::kHardSwish:
      return map([](F32 v) { return HardSwish(v); });
    case UnaryKind::kSilu:
      return map([](F32 v) { return v * Sigmoid(v); });
    case UnaryKind::kExp:
      return map([](F32 v) { return Exp(v); });
    case UnaryKind::kLog:
      return map([](F32 v) { return Log(v); });
    case UnaryKind::kSqrt:
      return map([](F32 v) { return Sqrt(v); });
    case UnaryKind::kRsqrt:
      return map([](F32 v) { return One() / Sqrt(v); });
    case UnaryKind::kNeg:
      return map([](F32 v) { return -v; });
    case UnaryKind::kAbs:
      return map([](F32 v) { return Abs(v); });
    case UnaryKind::kErf:
      return map([](F32 v) { return Erf(v); });
    case UnaryKind::kReciprocal:
      return map([](F32 v) { return One() / v; });
    case UnaryKind::kSoftplus:
      return map([](F32 v) { return Softplus(v); });
    default:
      assert(false);
  }
}

inline void UnaryF32Lanes(UnaryKind kind, size_t n, const float* x, float alpha, float beta,
                          float* out) {
  const F32 a = Fill(alpha), b = Fill(beta);
  switch (kind) {
    case UnaryKind::kHardSigmoid:
      return Map(n, x, out, [=](F32 v) { return HardSigmoid(v, a, b); });
    case UnaryKind::kClip:
      return Map(n, x, out, [=](F32 v) { return Clamp(v, a, b); });
    case UnaryKind::kLeakyRelu:
      return Map(n, x, out, [=](F32 v) { return LeakyRelu(v, a); });
    case UnaryKind::kElu:
      return Map(n, x, out, [=](F32 v) { return Elu(v, a); });
    default:
      return UnaryF32Plain(kind, n, x, out);
  }
}

}  // namespace
}  // namespace edgec
#endif  // EDGEC_KERNELS_UNARY_F32_LANES_H_
