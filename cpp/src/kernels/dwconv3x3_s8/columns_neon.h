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

  bool Inside(ptrdiff_t count) const { return at >= 0 && at + (count - 1) * step < end; }
  // Where the image has one.
  __attribute__((always_inline)) inline typename Tile::Column NextInside() {
    const int8_t* from[Tile::kRows];
#pragma GCC unroll 8
    for (size_t r = 0; r < Tile::kRows; ++r) from[r] = rows[r] + at;
    at += step;
    return Tile::Load(from);
  }
  typename Tile::Column Next() {
    if (Inside(1)) return NextInside();
    at += step;
    const int8_t* from[Tile::kRows];
#pragma GCC unroll 8
    for (size_t r = 0; r < Tile::kRows; ++r) from[r] = padding;
    return Tile::Load(from);
  }
};

// Where pixels go, and how many are left.
struct Pixels {
  int8_t* y;
  size_t step, line, left;

  // True if it was the last.
  template <class Tile>
  __attribute__((always_inline)) inline bool Put(const typename Tile::Column& a,
                                                 const typename Tile::Column& b,
                                                 const typename Tile::Column& c,
                                                 const Dwconv3x3Channels& of) {
    Tile::Pixel(a, b, c, of, y, line);
    y += step;
    return --left == 0;
  }
};

// All pixels. Three in a row within the image, so that registers change their parts and no column
// is moved from one to another.
template <class Tile>
__attribute__((always_inline)) inline void Walk1(Columns<Tile> columns, Pixels pixels,
                                                 const Dwconv3x3Channels& of) {
  typename Tile::Column a = columns.Next(), b = columns.Next(), c;
  for (;;) {
    if (columns.Inside(3)) {
      c = columns.NextInside();
      if (pixels.Put<Tile>(a, b, c, of)) return;
      a = columns.NextInside();
      if (pixels.Put<Tile>(b, c, a, of)) return;
      b = columns.NextInside();
      if (pixels.Put<Tile>(c, a, b, of)) return;
    } else {
      c = columns.Next();
      if (pixels.Put<Tile>(a, b, c, of)) return;
      a = b;
      b = c;
    }
  }
}

// The same with two new columns for a pixel, in twos.
template <class Tile>
__attribute__((always_inline)) inline void Walk2(Columns<Tile> columns, Pixels pixels,
                                                 const Dwconv3x3Channels& of) {
  typename Tile::Column a = columns.Next(), b, c;
  for (;;) {
    if (columns.Inside(4)) {
      b = columns.NextInside();
      c = columns.NextInside();
      if (pixels.Put<Tile>(a, b, c, of)) return;
      b = columns.NextInside();
      a = columns.NextInside();
      if (pixels.Put<Tile>(c, b, a, of)) return;
    } else {
      b = columns.Next();
      c = columns.Next();
      if (pixels.Put<Tile>(a, b, c, of)) return;
      a = c;
    }
  }
}

// All pixels of 16 channels, from the j-th on.
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
  const Pixels pixels{lines.y + j, lines.channels, lines.y_line, lines.pixels};
  kStride == 1 ? Walk1<Tile>(columns, pixels, of) : Walk2<Tile>(columns, pixels, of);
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
