// The loops of quantize.h over the lanes of simd/.
#ifndef EDGEC_KERNELS_QUANTIZE_LANES_H_
#define EDGEC_KERNELS_QUANTIZE_LANES_H_

#include "kernels/quantize/quantize.h"

namespace edgec {
namespace {

#ifdef EDGEC_SIMD_FUSED
// x / scale without the divider, correctly rounded where it matters: q is off by a unit in the last
// place or two, each step adds the exact remainder's share (Markstein 1990, "Computation of
// elementary functions on the IBM RISC System/6000 processor"). Holds for scales in 2^±80, and
// quotients that are neither tiny nor huge; those round to 0 or are clamped, and are kept from
// infinities here.
inline F32 Quotient(F32 x, F32 scale, F32 reciprocal, F32 most) {
  const F32 dividend = Clamp(x, -most, most);
  F32 q = dividend * reciprocal;
  for (int i = 0; i < 2; ++i) q = FusedAdd(q, FusedSubtract(dividend, q, scale), reciprocal);
  return q;
}
#endif

inline void QuantizeLanes(size_t n, const float* x, float scale, const S8Range& range,
                          int8_t* out) {
  const F32 divisor = Fill(scale);
  const RangeLanes lanes = Fill(range);
#ifdef EDGEC_SIMD_FUSED
  constexpr float kMost = 0x1p80f;
  if (scale < kMost && scale > 1.0f / kMost) {
    const F32 reciprocal = Fill(1.0f / scale), most = Fill(scale * 0x1p12f);
    return Map(n, x, out, [=](F32 real) {
      return RoundToRange(Quotient(real, divisor, reciprocal, most), lanes);
    });
  }
#endif
  Map(n, x, out, [=](F32 real) { return RoundToRange(real / divisor, lanes); });
}

inline void DequantizeLanes(size_t n, const int8_t* x, float scale, int32_t zero_point,
                            float* out) {
  const F32 factor = Fill(scale);
  const S32 zero = Fill(zero_point);
  Map(n, x, out, [=](S32 q) { return ToF32(q - zero) * factor; });
}

}  // namespace
}  // namespace edgec
#endif  // EDGEC_KERNELS_QUANTIZE_LANES_H_
