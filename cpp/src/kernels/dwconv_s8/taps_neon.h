// Products of 16 channels for NEON without dot product. Those of two taps are added in int16 before
// they are widened: with weights in [−127, 127] their sum is at most 2 · 128 · 127 = 32512 in
// magnitude, so it is exact.
#ifndef EDGEC_KERNELS_DWCONV_S8_TAPS_NEON_H_
#define EDGEC_KERNELS_DWCONV_S8_TAPS_NEON_H_

#include <arm_neon.h>

namespace edgec {
namespace {

#ifdef __aarch64__
inline int16x8_t MultiplyHigh(int8x16_t x, int8x16_t w) { return vmull_high_s8(x, w); }
inline int16x8_t AddProductsHigh(int16x8_t sums, int8x16_t x, int8x16_t w) {
  return vmlal_high_s8(sums, x, w);
}
#else
inline int16x8_t MultiplyHigh(int8x16_t x, int8x16_t w) {
  return vmull_s8(vget_high_s8(x), vget_high_s8(w));
}
inline int16x8_t AddProductsHigh(int16x8_t sums, int8x16_t x, int8x16_t w) {
  return vmlal_s8(sums, vget_high_s8(x), vget_high_s8(w));
}
#endif

// acc[c] holds channels 4·c .. 4·c+3.
inline void Widen(int16x8_t low, int16x8_t high, int32x4_t* acc) {
  acc[0] = vaddw_s16(acc[0], vget_low_s16(low));
  acc[1] = vaddw_s16(acc[1], vget_high_s16(low));
  acc[2] = vaddw_s16(acc[2], vget_low_s16(high));
  acc[3] = vaddw_s16(acc[3], vget_high_s16(high));
}

inline void AddTap(int8x16_t x, int8x16_t w, int32x4_t* acc) {
  Widen(vmull_s8(vget_low_s8(x), vget_low_s8(w)), MultiplyHigh(x, w), acc);
}

inline void AddTapPair(int8x16_t x_0, int8x16_t w_0, int8x16_t x_1, int8x16_t w_1, int32x4_t* acc) {
  const int16x8_t low = vmull_s8(vget_low_s8(x_0), vget_low_s8(w_0));
  Widen(vmlal_s8(low, vget_low_s8(x_1), vget_low_s8(w_1)),
        AddProductsHigh(MultiplyHigh(x_0, w_0), x_1, w_1), acc);
}

}  // namespace
}  // namespace edgec
#endif  // EDGEC_KERNELS_DWCONV_S8_TAPS_NEON_H_
