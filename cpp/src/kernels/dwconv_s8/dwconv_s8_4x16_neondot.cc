// Tiles of 4 pixels × 16 channels, or 2 at the end, each in four registers. A unit is 4 columns of
// 16 channels: one sdot takes 4 taps of a kernel's row for 4 channels.
//
//   pack   a, b   │ 0 … 15       │ 16 bytes each         zip bytes, two columns
//          ab     │ ab 0 … 7     │ ab 8 … 15    │        zip pairs with those of cd
//          unit   │ 0 … 3 │ 4 … 7 │ 8 … 11 │ 12 … 15 │  4 bytes each: abcd
//
// With units of every second column, cd of a unit is ab of the next.
#include <arm_neon.h>

#include <cassert>

#include "kernels/dwconv_s8/dwconv_s8.h"
#include "kernels/dwconv_s8/starts_neon.h"

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

template <size_t kPixels, size_t kSharing>
__attribute__((always_inline)) inline void Sum(const DwconvLine<int8_t>& line, size_t at,
                                               const int8_t* w, const int32_t* start,
                                               int32x4_t (*acc)[4]) {
  // Loads, for a copy from register to register takes the place of a product.
#pragma GCC unroll 8
  for (size_t i = 0; i < kPixels; ++i) {
    const int32_t* again = start;
    __asm__ volatile("" : "+r"(again));
#pragma GCC unroll 8
    for (size_t four = 0; four < 4; ++four) acc[i][four] = vld1q_s32(again + 4 * four);
  }
  size_t t = 0;
  do {  // known to run once
    const int8_t* x = line.x[t] + at;
#pragma GCC unroll 8
    for (size_t four = 0; four < 4; ++four) {
      const int8x16_t w_0 = vld1q_s8(w + 16 * four);
      const int8x16_t w_1 = vld1q_s8(w + 16 * four + 64 * (kSharing - 1));
#pragma GCC unroll 8
      for (size_t i = 0; i < kPixels; i += kSharing) {
        const int8x16_t unit = vld1q_s8(x + i / kSharing * line.x_step + 16 * four);
        acc[i][four] = vdotq_s32(acc[i][four], unit, w_0);
        if (kSharing == 2) acc[i + 1][four] = vdotq_s32(acc[i + 1][four], unit, w_1);
      }
    }
    w += 64 * kSharing;
  } while (++t < line.taps);
}

// What the tiles of 16 channels share.
struct Channels {
  size_t count;  // 16, or fewer of the last
  const int8_t* w;
  const int32_t* start;  // what sums start at
  const float* mult;
  const float* minus;  // requant_neon.h
  RequantS8 requant;
};

// The first `pixels` of kPixels.
template <size_t kPixels, size_t kSharing, RequantForm kForm>
__attribute__((always_inline)) inline void RunTile(const DwconvLine<int8_t>& line,
                                                   const Channels& of, size_t at, size_t pixels,
                                                   int8_t* y) {
  int32x4_t acc[kPixels][4];
  Sum<kPixels, kSharing>(line, at, of.w, of.start, acc);
  // All are requantized, so that their chains of instructions overlap.
  int8x16_t s8[kPixels];
#pragma GCC unroll 8
  for (size_t p = 0; p < kPixels; ++p) {
    s8[p] = RequantizeFormS8x16Neon<kForm>(acc[p], of.mult, of.minus, of.requant);
  }
  if (pixels >= kPixels) return StoreRowsS8Neon<kPixels>(y, line.y_stride, s8, of.count);
  for (size_t i = 0; i < pixels; ++i) StoreTailS8Neon(y + i * line.y_stride, s8[i], of.count);
}

// Out of line, so that its loop has all registers; with copies that no store can change.
template <size_t kSharing, RequantForm kForm>
__attribute__((noinline)) void RunPixels(const DwconvLine<int8_t>& of_all, const Channels& of_these,
                                         size_t at, int8_t* y) {
  const DwconvLine<int8_t> line = of_all;
  const Channels of = of_these;
  size_t left = line.pixels;
  for (; left > 2; left -= left < 4 ? left : 4) {
    RunTile<4, kSharing, kForm>(line, of, at, left, y);
    at += 4 / kSharing * line.x_step;
    y += 4 * line.y_stride;
  }
  if (left > 0) RunTile<2, kSharing, kForm>(line, of, at, left, y);
}

template <RequantForm kForm>
void Block(const DwconvLine<int8_t>& line, size_t j, const DwconvS8Params& params) {
  const float* mult = params.requant.mult + j;
  DwconvStarts starts;
  SetDwconvStarts(kForm, params.bias + j, mult, &starts);
  const Channels of{line.channels - j, line.w + j * line.taps * line.sharing * 4,
                    starts.sums,       mult,
                    starts.minus,      params.requant};
  const auto run = line.sharing == 2 ? RunPixels<2, kForm> : RunPixels<1, kForm>;
  run(line, of, j / 16 * line.x_block, line.y + j);
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
  const RequantForm form = RequantFormOf(params.requant);
  const auto block = form == RequantForm::kRelu      ? Block<RequantForm::kRelu>
                     : form == RequantForm::kShifted ? Block<RequantForm::kShifted>
                                                     : Block<RequantForm::kAny>;
  for (size_t j = 0; j < line.channels; j += 16) block(line, j, params);
}

}  // namespace edgec
