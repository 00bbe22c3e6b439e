// What the NEON kernels of the family share: a window of three columns that slides along a line,
// and the end of 16 channels. A Tile says what a column is and what a pixel does with three.
#ifndef EDGEC_KERNELS_DWCONV3X3_S8_COLUMNS_NEON_H_
#define EDGEC_KERNELS_DWCONV3X3_S8_COLUMNS_NEON_H_

#include <arm_neon.h>

#include "kernels/dwconv3x3_s8/dwconv3x3_s8.h"
#include "kernels/dwconv_s8/starts_neon.h"

namespace edgec {
namespace {

// Of 16 channels.
struct Dwconv3x3Channels {
  const int8_t* w;
  const int32_t* start;  // what sums start at
  const float* mult;
  const float* minus;  // requant_neon.h
  RequantForm form;
  RequantS8 requant;
};

// Loads each time, for a copy from register to register takes the place of a product.
template <size_t kLines>
__attribute__((always_inline)) inline void LoadStarts(const int32_t* start, int32x4_t (*acc)[4]) {
#pragma GCC unroll 8
  for (size_t line = 0; line < kLines; ++line) {
    const int32_t* again = start;
    __asm__ volatile("" : "+r"(again));
#pragma GCC unroll 8
    for (size_t four = 0; four < 4; ++four) acc[line][four] = vld1q_s32(again + 4 * four);
  }
}

// Rare: sums that are not known to fit (RequantS8::fits_int16), or are clamped. By value, to stay
// in registers.
__attribute__((noinline, cold)) inline int8x16_t RequantizeAny(int32x4_t acc_0, int32x4_t acc_4,
                                                               int32x4_t acc_8, int32x4_t acc_12,
                                                               const Dwconv3x3Channels& of) {
  const int32x4_t acc[4] = {acc_0, acc_4, acc_8, acc_12};
  return RequantizeS8x16Neon(acc, of.mult, of.requant);
}

// kRelu: RequantForm::kRelu.
template <bool kRelu>
__attribute__((always_inline)) inline int8x16_t Requantize(const int32x4_t* acc,
                                                           const Dwconv3x3Channels& of) {
  constexpr RequantForm kForm = kRelu ? RequantForm::kRelu : RequantForm::kShifted;
  if (kRelu || of.form == kForm) {
    return RequantizeFormS8x16Neon<kForm>(acc, of.mult, of.minus, of.requant);
  }
  return RequantizeAny(acc[0], acc[1], acc[2], acc[3], of);
}

template <size_t kLines, bool kRelu>
__attribute__((always_inline)) inline void Finish(const int32x4_t (*acc)[4],
                                                  const Dwconv3x3Channels& of, int8_t* y,
                                                  size_t y_line) {
#pragma GCC unroll 8
  for (size_t line = 0; line < kLines; ++line) {
    vst1q_s8(y + line * y_line, Requantize<kRelu>(acc[line], of));
  }
}

// The columns of the image, one after the other, padding before and behind it.
template <class Tile>
struct Columns {
  const int8_t* rows[Tile::kRows];
  const int8_t* padding;
  ptrdiff_t at, step, end;  // behind each row; in elements

  __attribute__((always_inline)) inline typename Tile::Column Next() {
    const bool inside = static_cast<size_t>(at) < static_cast<size_t>(end);
    const int8_t* from[Tile::kRows];
#pragma GCC unroll 8
    for (size_t r = 0; r < Tile::kRows; ++r) from[r] = inside ? rows[r] + at : padding;
    at += step;
    return Tile::Load(from);
  }
};

// All pixels of 16 channels, from the j-th on. Registers change their parts, so that no column is
// moved from one to another.
template <class Tile, size_t kStride>
__attribute__((noinline)) void RunLine(const Dwconv3x3S8Lines& lines, size_t j,
                                       const Dwconv3x3Channels& of_these) {
  const Dwconv3x3Channels of = of_these;  // a copy that no store can change
  const ptrdiff_t step = static_cast<ptrdiff_t>(lines.channels);
  int8_t padding[16];
  vst1q_s8(padding, vdupq_n_s8(lines.padding));
  Columns<Tile> columns{
      {}, padding, -lines.pad_left * step, step, static_cast<ptrdiff_t>(lines.width) * step};
  for (size_t r = 0; r < Tile::kRows; ++r) columns.rows[r] = lines.rows[r] + j;
  int8_t* y = lines.y + j;
  size_t left = lines.pixels;
  const size_t y_step = lines.channels, y_line = lines.y_line;
  typename Tile::Column a = columns.Next(), b, c;
  if (kStride == 2) {
    for (;; y += y_step) {
      b = columns.Next();
      c = columns.Next();
      Tile::Pixel(a, b, c, of, y, y_line);
      if (--left == 0) return;
      y += y_step;
      b = columns.Next();
      a = columns.Next();
      Tile::Pixel(c, b, a, of, y, y_line);
      if (--left == 0) return;
    }
  }
  b = columns.Next();
  for (;; y += y_step) {
    c = columns.Next();
    Tile::Pixel(a, b, c, of, y, y_line);
    if (--left == 0) return;
    y += y_step;
    a = columns.Next();
    Tile::Pixel(b, c, a, of, y, y_line);
    if (--left == 0) return;
    y += y_step;
    b = columns.Next();
    Tile::Pixel(c, a, b, of, y, y_line);
    if (--left == 0) return;
  }
}

using Dwconv3x3Run = void(const Dwconv3x3S8Lines& lines, size_t j, const Dwconv3x3Channels& of);

inline void ForBlocks(const Dwconv3x3S8Lines& lines, const Dwconv3x3S8Params& params,
                      size_t block_bytes, Dwconv3x3Run* run) {
  const RequantForm form = RequantFormOf(params.requant);
  const int8_t* w = lines.w;
  for (size_t j = 0; j < lines.channels; j += 16, w += block_bytes) {
    const size_t first = Dwconv3x3Block(j, lines.channels);
    const float* mult = params.requant.mult + first;
    DwconvStarts starts;
    SetDwconvStarts(form, params.bias + first, mult, &starts);
    run(lines, first, {w, starts.sums, mult, starts.minus, form, params.requant});
  }
}

}  // namespace
}  // namespace edgec
#endif  // EDGEC_KERNELS_DWCONV3X3_S8_COLUMNS_NEON_H_
