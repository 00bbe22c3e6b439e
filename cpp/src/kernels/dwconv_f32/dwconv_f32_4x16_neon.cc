// 4 pixels × 16 channels, each in four registers; the channel tail is stored through a copy.
#include <arm_neon.h>

#include <cassert>
#include <cstring>

#include "kernels/dwconv_f32/dwconv_f32.h"

namespace edgec {
namespace {

template <size_t kPixels>
void Tile(const DwconvLine<float>& line, size_t at, const float* w, const float* bias,
          float32x4_t (*acc)[4]) {
#pragma GCC unroll 8
  for (size_t i = 0; i < kPixels; ++i) {
#pragma GCC unroll 8
    for (size_t four = 0; four < 4; ++four) acc[i][four] = vld1q_f32(bias + 4 * four);
  }
  for (size_t t = 0; t < line.taps; ++t, w += 16) {
    const float* x = line.x[t] + at;
#pragma GCC unroll 8
    for (size_t four = 0; four < 4; ++four) {
      const float32x4_t w_t = vld1q_f32(w + 4 * four);
#pragma GCC unroll 8
      for (size_t i = 0; i < kPixels; ++i) {
        acc[i][four] = vfmaq_f32(acc[i][four], vld1q_f32(x + i * line.x_step + 4 * four), w_t);
      }
    }
  }
}

void Store(const float32x4_t* acc, size_t count, const DwconvF32Params& params, float* y) {
  float copy[16];
  float* to = count < 16 ? copy : y;
#pragma GCC unroll 8
  for (size_t four = 0; four < 4; ++four) {
    const float32x4_t low = vmaxq_f32(acc[four], vdupq_n_f32(params.min));
    vst1q_f32(to + 4 * four, vminq_f32(low, vdupq_n_f32(params.max)));
  }
  if (count < 16) std::memcpy(y, copy, count * sizeof(float));
}

void Block(const DwconvLine<float>& line, size_t j, const DwconvF32Params& params) {
  const float* w = line.w + j * line.taps;
  size_t at = j / 16 * line.x_block, i = 0;
  float* y = line.y + j;
  float32x4_t acc[4][4];
  for (; i + 4 <= line.pixels; i += 4, at += 4 * line.x_step) {
    Tile<4>(line, at, w, params.bias + j, acc);
#pragma GCC unroll 8
    for (size_t p = 0; p < 4; ++p, y += line.y_stride) {
      Store(acc[p], line.channels - j, params, y);
    }
  }
  for (; i < line.pixels; ++i, at += line.x_step, y += line.y_stride) {
    Tile<1>(line, at, w, params.bias + j, acc);
    Store(acc[0], line.channels - j, params, y);
  }
}

}  // namespace

void dwconv_f32_4x16_neon(const DwconvLine<float>& line, const DwconvF32Params& params) {
  assert(line.pixels >= 1 && line.channels >= 1 && line.taps >= 1 && line.sharing == 1);
  for (size_t j = 0; j < line.channels; j += 16) Block(line, j, params);
}

}  // namespace edgec
