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

static inline void AddHalvesAndBias(const int32x4_t* acc, const int32_t* bias, int32x4_t* sum) {
#pragma GCC unroll 8
  for (size_t four = 0; four < 4; ++four) {
    const int32x4_t halves = AddHalves(acc[2 * four], acc[2 * four + 1]);
    sum[four] = vaddq_s32(halves, vld1q_s32(bias + 4 * four));
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

// `Tap::Add<kRows>` adds k depths of a tap of each row, and returns where the next weights begin.
template <size_t kRows, class Tap>
static inline void HalfSumRows(size_t n, size_t k, size_t taps, const int8_t* const* a,
                               const ptrdiff_t* tap, const int8_t* w, int8_t* c, size_t c_stride,
                               const IgemmS8Params& params) {
  const RequantS8 q = params.requant;
  for (size_t j = 0; j < n; j += 16) {
    HalfSums acc[kRows];
#pragma GCC unroll 8
    for (size_t i = 0; i < kRows; ++i) {
#pragma GCC unroll 8
      for (size_t half = 0; half < 8; ++half) acc[i][half] = vdupq_n_s32(0);
    }
    for (size_t t = 0; t < taps; ++t) {
      const int8_t* row[kRows];
#pragma GCC unroll 8
      for (size_t i = 0; i < kRows; ++i) row[i] = a[i] + tap[t];
      w = Tap::template Add<kRows>(k, row, w, acc);
    }
    int32x4_t sum[kRows][4];
#pragma GCC unroll 8
    for (size_t i = 0; i < kRows; ++i) AddHalvesAndBias(acc[i], params.bias + j, sum[i]);
    if (params.row_offset != nullptr) AddRowOffsets<kRows>(params.row_offset, sum);
    int8x16_t rows[kRows];
#pragma GCC unroll 8
    for (size_t i = 0; i < kRows; ++i) rows[i] = RequantizeS8x16Neon(sum[i], q.mult + j, q);
    StoreRowsS8Neon<kRows>(c + j, c_stride, rows, n - j);
  }
}

}  // namespace edgec
#endif  // EDGEC_KERNELS_IGEMM_S8_HALF_SUMS_NEON_H_
