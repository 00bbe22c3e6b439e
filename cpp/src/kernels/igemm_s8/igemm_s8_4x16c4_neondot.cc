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

// Four depths, those in lane kLane of each row.
template <size_t kRows, int kLane>
const int8_t* AddDepths(const int8x16_t* a, const int8_t* w, int32x4_t (*acc)[4]) {
#pragma GCC unroll 8
  for (size_t c = 0; c < 4; ++c) {
    const int8x16_t w_c = vld1q_s8(w + 16 * c);
#pragma GCC unroll 8
    for (size_t i = 0; i < kRows; ++i) {
      acc[i][c] = vdotq_laneq_s32(acc[i][c], w_c, a[i], kLane);
    }
  }
  return w + 64;
}

template <size_t kRows>
const int8_t* AddTap(size_t k, const int8_t* const* a, ptrdiff_t at, const int8_t* w,
                     int32x4_t (*acc)[4]) {
  size_t p = 0;
  for (; p + 16 <= k; p += 16) {
    int8x16_t a_p[kRows];
#pragma GCC unroll 8
    for (size_t i = 0; i < kRows; ++i) a_p[i] = vld1q_s8(a[i] + at + p);
    w = AddDepths<kRows, 0>(a_p, w, acc);
    w = AddDepths<kRows, 1>(a_p, w, acc);
    w = AddDepths<kRows, 2>(a_p, w, acc);
    w = AddDepths<kRows, 3>(a_p, w, acc);
  }
  for (; p < k; p += 4) {
    int8x16_t a_p[kRows];
#pragma GCC unroll 8
    for (size_t i = 0; i < kRows; ++i) {
      int32_t four;
      std::memcpy(&four, a[i] + at + p, sizeof(four));
      a_p[i] = vreinterpretq_s8_s32(vdupq_n_s32(four));
    }
    w = AddDepths<kRows, 0>(a_p, w, acc);
  }
  return w;
}

template <size_t kRows>
void Rows(size_t n, size_t k, size_t taps, const int8_t* const* a, const ptrdiff_t* tap,
          const int8_t* w, int8_t* c, size_t c_stride, const IgemmS8Params& params) {
  const RequantS8 q = params.requant;
  for (size_t j = 0; j < n; j += 16) {
    int32x4_t acc[kRows][4];
#pragma GCC unroll 8
    for (size_t i = 0; i < kRows; ++i) {
      const int32x4_t offset = vdupq_n_s32(RowOffset(params, i));
#pragma GCC unroll 8
      for (size_t four = 0; four < 4; ++four) {
        acc[i][four] = vaddq_s32(vld1q_s32(params.bias + j + 4 * four), offset);
      }
    }
    for (size_t t = 0; t < taps; ++t) w = AddTap<kRows>(k, a, tap[t], w, acc);
#pragma GCC unroll 8
    for (size_t i = 0; i < kRows; ++i) {
      StoreS8Neon(c + i * c_stride + j, RequantizeS8x16Neon(acc[i], q.mult + j, q), n - j);
    }
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
