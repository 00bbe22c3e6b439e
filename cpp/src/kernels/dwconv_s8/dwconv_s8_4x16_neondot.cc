// 4 pixels × 16 channels, each in four registers. A unit is 4 columns of 16 channels: one sdot
// takes 4 taps of a kernel's row for 4 channels.
//
//   pack   a, b   │ 0 … 15       │ 16 bytes each         zip bytes, two columns
//          ab     │ ab 0 … 7     │ ab 8 … 15    │        zip pairs with those of cd
//          unit   │ 0 … 3 │ 4 … 7 │ 8 … 11 │ 12 … 15 │  4 bytes each: abcd
//
// With units of every second column, cd of a unit is ab of the next.
#include <arm_neon.h>

#include <cassert>

#include "kernels/dwconv_s8/dwconv_s8.h"
#include "kernels/requant/requant_neon.h"

namespace edgec {
namespace {

struct Pair {
  int16x8_t low, high;
};

// Only the last channels are fewer than 16.
template <bool kWhole>
Pair Zip(const int8_t* a, const int8_t* b, size_t count) {
  const int8x16_t bytes_a = kWhole ? vld1q_s8(a) : LoadS8Neon(a, count);
  const int8x16_t bytes_b = kWhole ? vld1q_s8(b) : LoadS8Neon(b, count);
  return {vreinterpretq_s16_s8(vzip1q_s8(bytes_a, bytes_b)),
          vreinterpretq_s16_s8(vzip2q_s8(bytes_a, bytes_b))};
}

void StoreUnit(Pair ab, Pair cd, int8_t* to) {
  vst1q_s8(to, vreinterpretq_s8_s16(vzip1q_s16(ab.low, cd.low)));
  vst1q_s8(to + 16, vreinterpretq_s8_s16(vzip2q_s16(ab.low, cd.low)));
  vst1q_s8(to + 32, vreinterpretq_s8_s16(vzip1q_s16(ab.high, cd.high)));
  vst1q_s8(to + 48, vreinterpretq_s8_s16(vzip2q_s16(ab.high, cd.high)));
}

template <bool kWhole>
void PackBlock(const DwconvColumns<int8_t>& columns, size_t j, int8_t* to) {
  const size_t count = columns.channels - j;
  const int8_t* const* from = columns.from;
  Pair ab = Zip<kWhole>(from[0] + j, from[1] + j, count);
  if (columns.next == 2) {
    for (size_t u = 0; u < columns.units; ++u, from += 2, to += 64) {
      const Pair cd = Zip<kWhole>(from[2] + j, from[3] + j, count);
      StoreUnit(ab, cd, to);
      ab = cd;
    }
    return;
  }
  for (size_t u = 0; u < columns.units; ++u, from += columns.next, to += 64) {
    ab = Zip<kWhole>(from[0] + j, from[1] + j, count);
    StoreUnit(ab, Zip<kWhole>(from[2] + j, from[3] + j, count), to);
  }
}

template <size_t kSharing>
void Sum(const DwconvLine<int8_t>& line, size_t at, const int8_t* w, const int32_t* bias,
         int32x4_t (*acc)[4]) {
#pragma GCC unroll 8
  for (size_t four = 0; four < 4; ++four) {
    acc[0][four] = acc[1][four] = acc[2][four] = acc[3][four] = vld1q_s32(bias + 4 * four);
  }
  for (size_t t = 0; t < line.taps; ++t, w += 64 * kSharing) {
    const int8_t* x = line.x[t] + at;
#pragma GCC unroll 8
    for (size_t four = 0; four < 4; ++four) {
      const int8x16_t w_0 = vld1q_s8(w + 16 * four);
      const int8x16_t w_1 = vld1q_s8(w + 16 * four + 64 * (kSharing - 1));
#pragma GCC unroll 8
      for (size_t i = 0; i < 4; i += kSharing) {
        const int8x16_t unit = vld1q_s8(x + i / kSharing * line.x_step + 16 * four);
        acc[i][four] = vdotq_s32(acc[i][four], unit, w_0);
        if (kSharing == 2) acc[i + 1][four] = vdotq_s32(acc[i + 1][four], unit, w_1);
      }
    }
  }
}

void Store(const int8x16_t* s8, size_t pixels, size_t count, int8_t* y, size_t y_stride) {
  for (size_t i = 0; i < 4 && i < pixels; ++i) StoreS8Neon(y + i * y_stride, s8[i], count);
}

template <size_t kSharing>
void Block(const DwconvLine<int8_t>& line, size_t j, const DwconvS8Params& params) {
  const RequantS8 q = params.requant;
  const size_t count = line.channels - j;
  const int8_t* w = line.w + j * line.taps * kSharing * 4;
  int8_t* y = line.y + j;
  size_t at = j / 16 * line.x_block;
  for (size_t i = 0; i < line.pixels; i += 4, at += 4 / kSharing * line.x_step) {
    int32x4_t acc[4][4];
    Sum<kSharing>(line, at, w, params.bias + j, acc);
    // All four are requantized, so that their chains of instructions overlap.
    int8x16_t s8[4];
#pragma GCC unroll 8
    for (size_t p = 0; p < 4; ++p) s8[p] = RequantizeS8x16Neon(acc[p], q.mult + j, q);
    if (count >= 16 && i + 4 <= line.pixels) {
#pragma GCC unroll 8
      for (size_t p = 0; p < 4; ++p) vst1q_s8(y + p * line.y_stride, s8[p]);
    } else {
      Store(s8, line.pixels - i, count, y, line.y_stride);
    }
    y += 4 * line.y_stride;
  }
}

}  // namespace

void dwconv_s8_4x16_neondot_pack(const DwconvColumns<int8_t>& columns) {
  assert(columns.units >= 1 && columns.channels >= 1);
  for (size_t j = 0; j < columns.channels; j += 16) {
    int8_t* to = columns.to + j / 16 * columns.to_block;
    columns.channels - j >= 16 ? PackBlock<true>(columns, j, to) : PackBlock<false>(columns, j, to);
  }
}

void dwconv_s8_4x16_neondot(const DwconvLine<int8_t>& line, const DwconvS8Params& params) {
  assert(line.pixels >= 1 && line.channels >= 1 && line.taps >= 1);
  for (size_t j = 0; j < line.channels; j += 16) {
    line.sharing == 2 ? Block<2>(line, j, params) : Block<1>(line, j, params);
  }
}

}  // namespace edgec
