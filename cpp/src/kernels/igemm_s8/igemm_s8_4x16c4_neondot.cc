// 4 rows × 16 columns: sdot by lane takes 4 depths of one row (a lane of a) with 4 columns of w.
// 16 registers of sums, 4 of weights, 4 of rows; 16 depths of each row are loaded at once.
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
void AddDepths(const int8x16_t* a, const int8_t* w, int32x4_t (*acc)[4]) {
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
const int8_t* AddTap(size_t k, const int8_t* const* a, ptrdiff_t at, const int8_t* w,
                     int32x4_t (*acc)[4]) {
  const int8_t* row[kRows];
  int8x16_t a_p[kRows];
#pragma GCC unroll 8
  for (size_t i = 0; i < kRows; ++i) row[i] = a[i] + at;
  size_t p = 0;
  for (; p + 16 <= k; p += 16, w += 256) {
#pragma GCC unroll 8
    for (size_t i = 0; i < kRows; ++i) a_p[i] = vld1q_s8(row[i] + p);
    AddDepths<kRows, 0>(a_p, w, acc);
    AddDepths<kRows, 1>(a_p, w + 64, acc);
    AddDepths<kRows, 2>(a_p, w + 128, acc);
    AddDepths<kRows, 3>(a_p, w + 192, acc);
  }
  if (k & 8) {
#pragma GCC unroll 8
    for (size_t i = 0; i < kRows; ++i) a_p[i] = Load8(row[i] + p);
    AddDepths<kRows, 0>(a_p, w, acc);
    AddDepths<kRows, 1>(a_p, w + 64, acc);
    p += 8;
    w += 128;
  }
  if (k & 4) {
#pragma GCC unroll 8
    for (size_t i = 0; i < kRows; ++i) a_p[i] = Load4(row[i] + p);
    AddDepths<kRows, 0>(a_p, w, acc);
    w += 64;
  }
  return w;
}

// Sums start at the bias. Each row loads it for itself: loads have a port of their own, copies
// from register to register take the place of a product.
template <size_t kRows>
void StartAtBias(const int32_t* bias, int32x4_t (*acc)[4]) {
#pragma GCC unroll 8
  for (size_t i = 0; i < kRows; ++i) {
    const int32_t* again = bias;
    __asm__ volatile("" : "+r"(again));
#pragma GCC unroll 8
    for (size_t c = 0; c < 4; ++c) acc[i][c] = vld1q_s32(again + 4 * c);
  }
}

template <size_t kRows>
void AddRowOffsets(const int32_t* row_offset, int32x4_t (*acc)[4]) {
#pragma GCC unroll 8
  for (size_t i = 0; i < kRows; ++i) {
    const int32x4_t offset = vld1q_dup_s32(row_offset + i);
#pragma GCC unroll 8
    for (size_t c = 0; c < 4; ++c) acc[i][c] = vaddq_s32(acc[i][c], offset);
  }
}

template <size_t kRows>
void Rows(size_t n, size_t k, size_t taps, const int8_t* const* a, const ptrdiff_t* tap,
          const int8_t* w, int8_t* c, size_t c_stride, const IgemmS8Params& params) {
  const RequantS8 q = params.requant;
  for (size_t j = 0; j < n; j += 16) {
    int32x4_t acc[kRows][4];
    StartAtBias<kRows>(params.bias + j, acc);
    for (size_t t = 0; t < taps; ++t) w = AddTap<kRows>(k, a, tap[t], w, acc);
    if (params.row_offset != nullptr) AddRowOffsets<kRows>(params.row_offset, acc);
    int8x16_t rows[kRows];
#pragma GCC unroll 8
    for (size_t i = 0; i < kRows; ++i) rows[i] = RequantizeS8x16Neon(acc[i], q.mult + j, q);
    StoreRowsS8Neon<kRows>(c + j, c_stride, rows, n - j);
  }
}

}  // namespace

void igemm_s8_4x16c4_neondot(size_t m, size_t n, size_t k, size_t taps, const int8_t* const* a,
                             const ptrdiff_t* tap, const int8_t* w, int8_t* c, size_t c_stride,
                             const IgemmS8Params* params) {
  assert(m >= 1 && m <= 4 && n >= 1 && taps >= 1 && k >= 4 && k % 4 == 0);
  static constexpr decltype(&Rows<1>) kRows[] = {Rows<1>, Rows<2>, Rows<3>, Rows<4>};
  kRows[m - 1](n, k, taps, a, tap, w, c, c_stride, *params);
}

}  // namespace edgec
