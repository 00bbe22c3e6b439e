// 2 pixels × 16 channels; the products of two taps are added before they are widened (taps_neon.h).
#include <arm_neon.h>

#include <cassert>

#include "kernels/dwconv_s8/dwconv_s8.h"
#include "kernels/dwconv_s8/starts_neon.h"
#include "kernels/dwconv_s8/taps_neon.h"

namespace edgec {
namespace {

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
    AddTapPair(vld1q_s8(x_0), w_0, vld1q_s8(x_1), w_1, acc[0]);
    AddTapPair(vld1q_s8(x_0 + step), w_0, vld1q_s8(x_1 + step), w_1, acc[1]);
  }
  if (t == line.taps) return;
  const int8x16_t w_t = vld1q_s8(w);
  AddTap(vld1q_s8(line.x[t] + at), w_t, acc[0]);
  AddTap(vld1q_s8(line.x[t] + at + step), w_t, acc[1]);
}

template <RequantForm kForm>
void Block(const DwconvLine<int8_t>& line, size_t j, const DwconvS8Params& params) {
  const RequantS8 q = params.requant;
  const size_t count = line.channels - j;
  DwconvStarts starts;
  SetDwconvStarts(kForm, params.bias + j, q.mult + j, &starts);
  size_t at = j / 16 * line.x_block;
  int8_t* y = line.y + j;
  for (size_t i = 0; i < line.pixels; i += 2, at += 2 * line.x_step, y += 2 * line.y_stride) {
    int32x4_t acc[2][4];
    Sum(line, at, line.w + j * line.taps, starts.sums, acc);
    // Both are requantized, so that their chains of instructions overlap.
    const int8x16_t s8_0 = RequantizeFormS8x16Neon<kForm>(acc[0], q.mult + j, starts.minus, q);
    const int8x16_t s8_1 = RequantizeFormS8x16Neon<kForm>(acc[1], q.mult + j, starts.minus, q);
    StoreS8Neon(y, s8_0, count);
    if (i + 1 < line.pixels) StoreS8Neon(y + line.y_stride, s8_1, count);
  }
}

}  // namespace

void dwconv_s8_2x16_neon(const DwconvLine<int8_t>& line, const DwconvS8Params& params) {
  assert(line.pixels >= 1 && line.channels >= 1 && line.taps >= 1 && line.sharing == 1);
  const RequantForm form = RequantFormOf(params.requant);
  const auto block = form == RequantForm::kRelu      ? Block<RequantForm::kRelu>
                     : form == RequantForm::kShifted ? Block<RequantForm::kShifted>
                                                     : Block<RequantForm::kAny>;
  for (size_t j = 0; j < line.channels; j += 16) block(line, j, params);
}

}  // namespace edgec
