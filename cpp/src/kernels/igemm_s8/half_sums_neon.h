// What the NEON kernels without dot product have in common: half sums, and how a tile ends. A
// register holds 2 columns × 2 half sums (depths 0+1 and 2+3):
//
//   a        │a0 a1 a2 a3│a0 a1 a2 a3│ … 4 times      int8
//   w        │ column 0  │ column 1  │ column 2 │ 3   int8
//   smull    │ 8 products of columns 0, 1 │           int16
//   sadalp   │ 01 │ 23 │ 01 │ 23 │                    int32; the halves meet once, at the end
#ifndef EDGEC_KERNELS_IGEMM_S8_HALF_SUMS_NEON_H_
#define EDGEC_KERNELS_IGEMM_S8_HALF_SUMS_NEON_H_

#include <arm_neon.h>

#include "kernels/igemm_s8/igemm_s8.h"
#include "kernels/requant/requant_neon.h"

namespace edgec {

using HalfSums = int32x4_t[8];  // a row's, of 16 columns

static inline int8x16_t BroadcastDepths(const int8_t* a) {
  int32_t four;
  std::memcpy(&four, a, sizeof(four));
  return vreinterpretq_s8_s32(vdupq_n_s32(four));
}

#if defined(__aarch64__)

static inline int16x8_t MultiplyHigh(int8x16_t a, int8x16_t w) { return vmull_high_s8(a, w); }
static inline int16x8_t MultiplyAddHigh(int16x8_t sum, int8x16_t a, int8x16_t w) {
  return vmlal_high_s8(sum, a, w);
}

// Sums of 4 columns from the half sums of columns 0, 1 and 2, 3.
static inline int32x4_t AddHalves(int32x4_t acc_0, int32x4_t acc_2) {
  return vpaddq_s32(acc_0, acc_2);
}

#else

static inline int16x8_t MultiplyHigh(int8x16_t a, int8x16_t w) {
  return vmull_s8(vget_high_s8(a), vget_high_s8(w));
}
static inline int16x8_t MultiplyAddHigh(int16x8_t sum, int8x16_t a, int8x16_t w) {
  return vmlal_s8(sum, vget_high_s8(a), vget_high_s8(w));
}

static inline int32x4_t AddHalves(int32x4_t acc_0, int32x4_t acc_2) {
  return vcombine_s32(vpadd_s32(vget_low_s32(acc_0), vget_high_s32(acc_0)),
                      vpadd_s32(vget_low_s32(acc_2), vget_high_s32(acc_2)));
}

#endif

// Four depths, each pair of products summed by itself: exact for −128 · −128, too.
template <size_t kRows>
static inline void AddFourDepths(const int8_t* const* row, size_t p, const int8_t* w,
                                 HalfSums* acc) {
  int8x16_t a_p[kRows];
#pragma GCC unroll 8
  for (size_t i = 0; i < kRows; ++i) a_p[i] = BroadcastDepths(row[i] + p);
#pragma GCC unroll 8
  for (size_t j = 0; j < 4; ++j) {
    const int8x16_t w_j = vld1q_s8(w + 16 * j);
#pragma GCC unroll 8
    for (size_t i = 0; i < kRows; ++i) {
      const int16x8_t low = vmull_s8(vget_low_s8(a_p[i]), vget_low_s8(w_j));
      const int16x8_t high = MultiplyHigh(a_p[i], w_j);
      acc[i][2 * j] = vpadalq_s16(acc[i][2 * j], low);
      acc[i][2 * j + 1] = vpadalq_s16(acc[i][2 * j + 1], high);
    }
  }
}

template <size_t kRows>
static inline void AddRowOffsets(const int32_t* row_offset, int32x4_t (*sum)[4]) {
#pragma GCC unroll 8
  for (size_t i = 0; i < kRows; ++i) {
    const int32x4_t offset = vld1q_dup_s32(row_offset + i);
#pragma GCC unroll 8
    for (size_t four = 0; four < 4; ++four) sum[i][four] = vaddq_s32(sum[i][four], offset);
  }
}

// What all tiles of 16 columns share.
struct HalfSumColumns {
  size_t k, taps, c_stride;
  const ptrdiff_t* tap;
  const int8_t* w;
  RequantS8 requant;
  const float* mult;
  int32_t start[32];  // what half sums start at: the first of each two at the bias
  float minus[16];    // SetReluStarts
};

static inline void SetHalfSumColumns(const IgemmS8Params& params, size_t j, int32_t shift,
                                     HalfSumColumns* of) {
  for (size_t i = 0; i < 16; i += 4) {
    const int32x4_t start = vaddq_s32(vld1q_s32(params.bias + j + i), vdupq_n_s32(shift));
    const int32x4x2_t halves = vzipq_s32(start, vdupq_n_s32(0));
    vst1q_s32(of->start + 2 * i, halves.val[0]);
    vst1q_s32(of->start + 2 * i + 4, halves.val[1]);
  }
  of->mult = params.requant.mult + j;
  SetReluStarts(of->mult, of->minus);
}

// Where a tile begins.
struct HalfSumTile {
  const int8_t* const* a;
  const int32_t* row_offset;
  int8_t* c;
};

// Loaded again for each row: loads have a port of their own, copies between registers have not.
static inline void StartHalfSums(const int32_t* start, int32x4_t* acc) {
  __asm__ volatile("" : "+r"(start));
#pragma GCC unroll 8
  for (size_t half = 0; half < 8; ++half) acc[half] = vld1q_s32(start + 4 * half);
}

// `Tap::Add<kRows>` adds k depths of a tap of each row, and returns where the next weights begin.
// The next tile's sums start between the requantization of this one's.
template <size_t kRows, class Tap, RequantForm kForm>
__attribute__((always_inline)) static inline void RunHalfSumTiles(const HalfSumColumns& of,
                                                                  size_t count,
                                                                  HalfSumTile* first) {
  HalfSums acc[kRows];
#pragma GCC unroll 8
  for (size_t i = 0; i < kRows; ++i) StartHalfSums(of.start, acc[i]);
  const HalfSumColumns own = of;  // no store can change these
  HalfSumTile tile = *first;
  do {
    const int8_t* w = own.w;
    for (size_t t = 0; t < own.taps; ++t) {
      const int8_t* row[kRows];
#pragma GCC unroll 8
      for (size_t i = 0; i < kRows; ++i) row[i] = tile.a[i] + own.tap[t];
      w = Tap::template Add<kRows>(own.k, row, w, acc);
    }
    int32x4_t sum[kRows][4];
#pragma GCC unroll 8
    for (size_t i = 0; i < kRows; ++i) {
#pragma GCC unroll 8
      for (size_t c = 0; c < 4; ++c) sum[i][c] = AddHalves(acc[i][2 * c], acc[i][2 * c + 1]);
    }
    if (tile.row_offset != nullptr) {
      AddRowOffsets<kRows>(tile.row_offset, sum);
      tile.row_offset += kRows;
    }
    int8x16_t rows[kRows];
#pragma GCC unroll 8
    for (size_t i = 0; i < kRows; ++i) {
      rows[i] = RequantizeFormS8x16Neon<kForm>(sum[i], own.mult, of.minus, own.requant);
      StartHalfSums(of.start, acc[i]);
    }
#pragma GCC unroll 8
    for (size_t i = 0; i < kRows; ++i) vst1q_s8(tile.c + i * own.c_stride, rows[i]);
    tile.a += kRows;
    tile.c += kRows * own.c_stride;
  } while (--count > 0);
  *first = tile;
}

// Out of line, so that its loops have all registers.
template <class Tap, RequantForm kForm>
__attribute__((noinline)) static void RunHalfSumRows(const HalfSumColumns& of, HalfSumTile tile,
                                                     size_t m) {
  if (m >= 2) RunHalfSumTiles<2, Tap, kForm>(of, m / 2, &tile);
  if (m % 2 != 0) RunHalfSumTiles<1, Tap, kForm>(of, 1, &tile);
}

// All rows, two at a time, for each 16 columns: the whole of a kernel.
template <class Tap>
static inline void RunHalfSums(size_t m, size_t n, HalfSumColumns of, const int8_t* const* a,
                               int8_t* c, const IgemmS8Params& params) {
  const RequantForm form = RequantFormOf(params.requant);
  const size_t c_stride = of.c_stride;
  int8_t edge[24 * 16];  // whole registers of the last columns, if they are fewer than 16
  for (size_t j = 0; j < n; j += 16, of.w += 16 * of.k * of.taps) {
    const bool last = n - j < 16;
    SetHalfSumColumns(params, j, StartShift(form), &of);
    of.c_stride = last ? 16 : c_stride;
    const HalfSumTile first{a, params.row_offset, last ? edge : c + j};
    if (form == RequantForm::kRelu) {
      RunHalfSumRows<Tap, RequantForm::kRelu>(of, first, m);
    } else if (form == RequantForm::kShifted) {
      RunHalfSumRows<Tap, RequantForm::kShifted>(of, first, m);
    } else {
      RunHalfSumRows<Tap, RequantForm::kAny>(of, first, m);
    }
    if (last) CopyRowsS8Neon(edge, m, c + j, c_stride, n - j);
  }
}

}  // namespace edgec
#endif  // EDGEC_KERNELS_IGEMM_S8_HALF_SUMS_NEON_H_
