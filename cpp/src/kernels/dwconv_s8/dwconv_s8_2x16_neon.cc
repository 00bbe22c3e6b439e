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

// Pixels `at` and `at` + x_step behind each pointer of x.
void Sum(const DwconvLine<int8_t>& line, size_t at, const int8_t* w, const int32_t* bias,
         int32x4_t (*acc)[4]) {
  const size_t step = line.x_step;
#pragma GCC unroll 8
  for (size_t four = 0; four < 4; ++four) {
    acc[0][four] = acc[1][four] = vld1q_s32(bias + 4 * four);
  }
  size_t t = 0;
  for (; t + 2 <= line.taps; t += 2, w += 32) {
    const int8x16_t w_0 = vld1q_s8(w), w_1 = vld1q_s8(w + 16);
    const int8_t *x_0 = line.x[t] + at, *x_1 = line.x[t + 1] + at;
    AddTapPair(vld1q_s8(x_0), vld1q_s8(x_1), w_0, w_1, acc[0]);
    AddTapPair(vld1q_s8(x_0 + step), vld1q_s8(x_1 + step), w_0, w_1, acc[1]);
  }
  if (t == line.taps) return;
  const int8x16_t w_t = vld1q_s8(w);
  AddTap(vld1q_s8(line.x[t] + at), w_t, acc[0]);
  AddTap(vld1q_s8(line.x[t] + at + step), w_t, acc[1]);
}

void Block(const DwconvLine<int8_t>& line, size_t j, const DwconvS8Params& params) {
  const RequantS8 q = params.requant;
  const size_t count = line.channels - j;
  size_t at = j / 16 * line.x_block;
  int8_t* y = line.y + j;
  for (size_t i = 0; i < line.pixels; i += 2, at += 2 * line.x_step, y += 2 * line.y_stride) {
    int32x4_t acc[2][4];
    Sum(line, at, line.w + j * line.taps, params.bias + j, acc);
    // Both are requantized, so that their chains of instructions overlap.
    const int8x16_t s8_0 = RequantizeS8x16Neon(acc[0], q.mult + j, q);
    const int8x16_t s8_1 = RequantizeS8x16Neon(acc[1], q.mult + j, q);
    StoreS8Neon(y, s8_0, count);
    if (i + 1 < line.pixels) StoreS8Neon(y + line.y_stride, s8_1, count);
  }
}

}  // namespace

void dwconv_s8_2x16_neon(const DwconvLine<int8_t>& line, const DwconvS8Params& params) {
  assert(line.pixels >= 1 && line.channels >= 1 && line.taps >= 1 && line.sharing == 1);
  for (size_t j = 0; j < line.channels; j += 16) Block(line, j, params);
}

}  // namespace edgec
