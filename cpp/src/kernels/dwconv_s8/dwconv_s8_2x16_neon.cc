// 2 pixels × 16 channels. The products of two taps are added in int16 before they are widened: with
// weights in [−127, 127] their sum is at most 2 · 128 · 127 = 32512 in magnitude, so it is exact.
#include <arm_neon.h>

#include <cassert>

#include "kernels/dwconv_s8/dwconv_s8.h"
#include "kernels/requant/requant_neon.h"

namespace edgec {
namespace {

// acc[c] holds channels 4·c .. 4·c+3.
void Widen(int16x8_t low, int16x8_t high, int32x4_t* acc) {
  acc[0] = vaddw_s16(acc[0], vget_low_s16(low));
  acc[1] = vaddw_s16(acc[1], vget_high_s16(low));
  acc[2] = vaddw_s16(acc[2], vget_low_s16(high));
  acc[3] = vaddw_s16(acc[3], vget_high_s16(high));
}

void AddTap(int8x16_t x, int8x16_t w, int32x4_t* acc) {
  Widen(vmull_s8(vget_low_s8(x), vget_low_s8(w)), vmull_s8(vget_high_s8(x), vget_high_s8(w)), acc);
}

void AddTapPair(int8x16_t x_0, int8x16_t x_1, int8x16_t w_0, int8x16_t w_1, int32x4_t* acc) {
  const int16x8_t low = vmull_s8(vget_low_s8(x_0), vget_low_s8(w_0));
  const int16x8_t high = vmull_s8(vget_high_s8(x_0), vget_high_s8(w_0));
  Widen(vmlal_s8(low, vget_low_s8(x_1), vget_low_s8(w_1)),
        vmlal_s8(high, vget_high_s8(x_1), vget_high_s8(w_1)), acc);
}

template <size_t kPixels>
void Pixels(size_t n, size_t taps, const int8_t* const* x, const int8_t* w, int8_t* y,
            size_t y_stride, const DwconvS8Params& params) {
  const RequantS8 q = params.requant;
  for (size_t j = 0; j < n; j += 16) {
    const size_t count = n - j;
    int32x4_t acc[kPixels][4];
#pragma GCC unroll 8
    for (size_t i = 0; i < kPixels; ++i) {
#pragma GCC unroll 8
      for (size_t four = 0; four < 4; ++four) acc[i][four] = vld1q_s32(params.bias + j + 4 * four);
    }
    size_t t = 0;
    for (; t + 2 <= taps; t += 2, w += 32) {
      const int8x16_t w_0 = vld1q_s8(w), w_1 = vld1q_s8(w + 16);
#pragma GCC unroll 8
      for (size_t i = 0; i < kPixels; ++i) {
        const int8_t* const* tap = x + i * taps + t;
        AddTapPair(LoadS8Neon(tap[0] + j, count), LoadS8Neon(tap[1] + j, count), w_0, w_1, acc[i]);
      }
    }
    if (t < taps) {
      const int8x16_t w_t = vld1q_s8(w);
#pragma GCC unroll 8
      for (size_t i = 0; i < kPixels; ++i) {
        AddTap(LoadS8Neon(x[i * taps + t] + j, count), w_t, acc[i]);
      }
      w += 16;
    }
#pragma GCC unroll 8
    for (size_t i = 0; i < kPixels; ++i) {
      StoreS8Neon(y + i * y_stride + j, RequantizeS8x16Neon(acc[i], q.mult + j, q), count);
    }
  }
}

}  // namespace

void dwconv_s8_2x16_neon(size_t m, size_t n, size_t taps, const int8_t* const* x, const int8_t* w,
                         int8_t* y, size_t y_stride, const DwconvS8Params* params) {
  assert(m >= 1 && n >= 1 && taps >= 1);
  size_t i = 0;
  for (; i + 2 <= m; i += 2) {
    Pixels<2>(n, taps, x + i * taps, w, y + i * y_stride, y_stride, *params);
  }
  if (i < m) Pixels<1>(n, taps, x + i * taps, w, y + i * y_stride, y_stride, *params);
}

}  // namespace edgec
