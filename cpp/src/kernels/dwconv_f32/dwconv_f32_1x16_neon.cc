// 1 pixel × 16 channels in four registers; the channel tail goes through a copy.
#include <arm_neon.h>

#include <cassert>
#include <cstring>

#include "kernels/dwconv_f32/dwconv_f32.h"

namespace edgec {
namespace {

// y gets `count` of 16 channels; x and y hold no more than that.
void Block(size_t count, size_t taps, const float* const* x, size_t j, const float* w,
           const float* bias, float* y, const DwconvF32Params& params) {
  float32x4_t acc[4];
#pragma GCC unroll 8
  for (size_t four = 0; four < 4; ++four) acc[four] = vld1q_f32(bias + 4 * four);
  for (size_t t = 0; t < taps; ++t, w += 16) {
    float copy[16] = {};
    const float* x_t = x[t] + j;
    if (count < 16) x_t = static_cast<float*>(std::memcpy(copy, x_t, count * sizeof(float)));
#pragma GCC unroll 8
    for (size_t four = 0; four < 4; ++four) {
      acc[four] = vfmaq_f32(acc[four], vld1q_f32(x_t + 4 * four), vld1q_f32(w + 4 * four));
    }
  }
  float copy[16];
  float* to = count < 16 ? copy : y;
#pragma GCC unroll 8
  for (size_t four = 0; four < 4; ++four) {
    const float32x4_t low = vmaxq_f32(acc[four], vdupq_n_f32(params.min));
    vst1q_f32(to + 4 * four, vminq_f32(low, vdupq_n_f32(params.max)));
  }
  if (count < 16) std::memcpy(y, copy, count * sizeof(float));
}

void Pixel(size_t n, size_t taps, const float* const* x, const float* w, float* y,
           const DwconvF32Params& params) {
  size_t j = 0;
  for (; j + 16 <= n; j += 16, w += 16 * taps) {
    Block(16, taps, x, j, w, params.bias + j, y + j, params);
  }
  if (j < n) Block(n - j, taps, x, j, w, params.bias + j, y + j, params);
}

}  // namespace

void dwconv_f32_1x16_neon(size_t m, size_t n, size_t taps, const float* const* x, const float* w,
                          float* y, size_t y_stride, const DwconvF32Params* params) {
  assert(m >= 1 && n >= 1 && taps >= 1);
  for (size_t i = 0; i < m; ++i) Pixel(n, taps, x + i * taps, w, y + i * y_stride, *params);
}

}  // namespace edgec
