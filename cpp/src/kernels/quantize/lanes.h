// The loops of quantize.h over the lanes of simd/.
#ifndef EDGEC_KERNELS_QUANTIZE_LANES_H_
#define EDGEC_KERNELS_QUANTIZE_LANES_H_

#include "kernels/quantize/quantize.h"

namespace edgec {
namespace {

inline void QuantizeLanes(size_t n, const float* x, float scale, const S8Range& range,
                          int8_t* out) {
  const F32 divisor = Fill(scale);
  const RangeLanes lanes = Fill(range);
  Map(n, x, out, [=](F32 real) { return RoundToRange(NanToZero(real / divisor), lanes); });
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
