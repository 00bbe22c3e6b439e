// Tiles of 4 rows × 16 columns: sdot by lane takes 4 depths of one row (a lane of a) with 4 columns
// of w. 16 registers of sums, 4 of weights, 4 of rows; 16 depths of each row are loaded at once.
//
//   a[i]      │ depths 0..3 │ 4..7 │ 8..11 │ 12..15 │     lane = 4 depths
//   w[c]      │ column 0: 4 depths │ 1 │ 2 │ 3 │          c = columns 4·c .. 4·c+3
//   acc[i][c] │ column 0           │ 1 │ 2 │ 3 │ += sdot
#include <arm_neon.h>

#include <cassert>

#include "kernels/igemm_s8/igemm_s8.h"
#include "kernels/requant/requant_neon.h"

namespace edgec {
namespace {

// Four depths, those in lane kLane of each row. Weights are loaded four products ahead, for cores
// that execute in order.
template <size_t kRows, int kLane>
__attribute__((always_inline)) inline void AddDepths(const int8x16_t* a, const int8_t* w,
                                                     int32x4_t (*acc)[4]) {
  int8x16_t w_next = vld1q_s8(w);
#pragma GCC unroll 8
  for (size_t c = 0; c < 4; ++c) {
    const int8x16_t w_c = w_next;
    if (c < 3) w_next = vld1q_s8(w + 16 * (c + 1));
#pragma GCC unroll 8
    for (size_t i = 0; i < kRows; ++i) {
      acc[i][c] = vdotq_laneq_s32(acc[i][c], w_c, a[i], kLane);
    }
  }
}

int8x16_t Load4(const int8_t* from) {
  int32_t four;
  std::memcpy(&four, from, sizeof(four));
  return vreinterpretq_s8_s32(vdupq_n_s32(four));
}

int8x16_t Load8(const int8_t* from) { return vcombine_s8(vld1_s8(from), vdup_n_s8(0)); }

template <size_t kRows>
__attribute__((always_inline)) inline const int8_t* AddTap(size_t k, const int8_t* const* a,
                                                           ptrdiff_t at, const int8_t* w,
                                                           int32x4_t (*acc)[4]) {
  const int8_t* row[kRows];
  int8x16_t a_p[kRows];
#pragma GCC unroll 8
  for (size_t i = 0; i < kRows; ++i) row[i] = a[i] + at;
  for (; k >= 16; k -= 16, w += 256) {
#pragma GCC unroll 8
    for (size_t i = 0; i < kRows; ++i, row[i - 1] += 16) a_p[i] = vld1q_s8(row[i]);
    AddDepths<kRows, 0>(a_p, w, acc);
    AddDepths<kRows, 1>(a_p, w + 64, acc);
    AddDepths<kRows, 2>(a_p, w + 128, acc);
    AddDepths<kRows, 3>(a_p, w + 192, acc);
  }
  if (k & 8) {
#pragma GCC unroll 8
    for (size_t i = 0; i < kRows; ++i, row[i - 1] += 8) a_p[i] = Load8(row[i]);
    AddDepths<kRows, 0>(a_p, w, acc);
    AddDepths<kRows, 1>(a_p, w + 64, acc);
    w += 128;
  }
  if (k & 4) {
#pragma GCC unroll 8
    for (size_t i = 0; i < kRows; ++i) a_p[i] = Load4(row[i]);
    AddDepths<kRows, 0>(a_p, w, acc);
    w += 64;
  }
  return w;
}

// Sums start at the bias. Each row loads it for itself: loads have a port of their own, copies
// from register to register take the place of a product.
__attribute__((always_inline)) inline void StartRow(const int32_t* start, int32x4_t* acc) {
  __asm__ volatile("" : "+r"(start));
#pragma GCC unroll 8
  for (size_t c = 0; c < 4; ++c) acc[c] = vld1q_s32(start + 4 * c);
}

template <size_t kRows>
__attribute__((always_inline)) inline void AddRowOffsets(const int32_t* row_offset,
                                                         int32x4_t (*acc)[4]) {
#pragma GCC unroll 8
  for (size_t i = 0; i < kRows; ++i) {
    const int32x4_t offset = vld1q_dup_s32(row_offset + i);
#pragma GCC unroll 8
    for (size_t c = 0; c < 4; ++c) acc[i][c] = vaddq_s32(acc[i][c], offset);
  }
}

// What all tiles of 16 columns share.
struct Columns {
  size_t k, taps, c_stride;
  const ptrdiff_t* tap;
  const int8_t* w;
  RequantS8 requant;
  int32_t start[16];  // what sums start at
  const float* mult;
  float minus[16];  // SetReluStarts
};

// Where a tile begins.
struct Tile {
  const int8_t* const* a;
  const int32_t* row_offset;
  int8_t* c;
};

// Tiles one below the other. The next one's sums start between the requantization of this one's,
// where the load ports are idle.
template <size_t kRows, RequantForm kForm>
__attribute__((always_inline)) inline void RunTiles(const Columns& of, size_t count, Tile* first) {
  int32x4_t acc[kRows][4];
#pragma GCC unroll 8
  for (size_t i = 0; i < kRows; ++i) StartRow(of.start, acc[i]);
  const Columns own = of;  // no store can change these
  Tile tile = *first;
  do {
    const int8_t* w = own.w;
    size_t t = 0;
    do {  // known to run once: a branch less in a short tile
      w = AddTap<kRows>(own.k, tile.a, own.tap[t], w, acc);
    } while (++t < own.taps);
    if (tile.row_offset != nullptr) {
      AddRowOffsets<kRows>(tile.row_offset, acc);
      tile.row_offset += kRows;
    }
    int8x16_t rows[kRows];
#pragma GCC unroll 8
    for (size_t i = 0; i < kRows; ++i) {
      rows[i] = RequantizeFormS8x16Neon<kForm>(acc[i], own.mult, of.minus, own.requant);
      StartRow(of.start, acc[i]);
    }
#pragma GCC unroll 8
    for (size_t i = 0; i < kRows; ++i) vst1q_s8(tile.c + i * own.c_stride, rows[i]);
    tile.a += kRows;
    tile.c += kRows * own.c_stride;
  } while (--count > 0);
  *first = tile;
}

// Out of line, so that its loops have all registers; with a copy that no store can change.
template <RequantForm kForm>
__attribute__((noinline)) void RunRows(const Columns& of, Tile tile, size_t m) {
  if (m >= 4) RunTiles<4, kForm>(of, m / 4, &tile);
  if (m % 4 == 3) RunTiles<3, kForm>(of, 1, &tile);
  if (m % 4 == 2) RunTiles<2, kForm>(of, 1, &tile);
  if (m % 4 == 1) RunTiles<1, kForm>(of, 1, &tile);
}

void SetColumns(const IgemmS8Params& params, size_t j, int32_t shift, Columns* of) {
  int32x4_t start[4];
  for (size_t c = 0; c < 4; ++c) {
    start[c] = vaddq_s32(vld1q_s32(params.bias + j + 4 * c), vdupq_n_s32(shift));
  }
  for (size_t c = 0; c < 4; ++c) vst1q_s32(of->start + 4 * c, start[c]);
  of->mult = params.requant.mult + j;
  SetReluStarts(of->mult, of->minus);
}

}  // namespace

void igemm_s8_4x16c4_neondot(size_t m, size_t n, size_t k, size_t taps, const int8_t* const* a,
                             const ptrdiff_t* tap, const int8_t* w, int8_t* c, size_t c_stride,
                             const IgemmS8Params* params) {
  assert(m >= 1 && m <= 24 && n >= 1 && taps >= 1 && k >= 4 && k % 4 == 0);
  const RequantForm form = RequantFormOf(params->requant);
  Columns of{k, taps, c_stride, tap, w, params->requant, {}, nullptr, {}};
  int8_t edge[24 * 16];  // whole registers of the last columns, if they are fewer than 16
  for (size_t j = 0; j < n; j += 16, of.w += 16 * k * taps) {
    const bool last = n - j < 16;
    SetColumns(*params, j, StartShift(form), &of);
    of.c_stride = last ? 16 : c_stride;
    const Tile first{a, params->row_offset, last ? edge : c + j};
    if (form == RequantForm::kRelu) {
      RunRows<RequantForm::kRelu>(of, first, m);
    } else if (form == RequantForm::kShifted) {
      RunRows<RequantForm::kShifted>(of, first, m);
    } else {
      RunRows<RequantForm::kAny>(of, first, m);
    }
    if (last) CopyRowsS8Neon(edge, m, c + j, c_stride, n - j);
  }
}

}  // namespace edgec
