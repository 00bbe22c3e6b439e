// 2 rows × 16 columns for CPUs without dot product. smull then sadalp, never smlal into int16: so
// every pair of int8 is exact, −128 · −128 included, and the two run on different pipes of a
// Cortex-A72. A register holds 2 columns × 2 half sums (depths 0+1 and 2+3):
//
//   a        │a0 a1 a2 a3│a0 a1 a2 a3│ … 4 times      int8
//   w        │ column 0  │ column 1  │ column 2 │ 3   int8
//   smull    │ 8 products of columns 0, 1 │           int16
//   sadalp   │ 01 │ 23 │ 01 │ 23 │                    int32; the halves meet once, at the end
#include <arm_neon.h>

#include <cassert>

#include "kernels/igemm_s8/igemm_s8.h"
#include "kernels/requant/requant_neon.h"

namespace edgec {
namespace {

int8x16_t BroadcastDepths(const int8_t* a) {
  int32_t four;
  std::memcpy(&four, a, sizeof(four));
  return vreinterpretq_s8_s32(vdupq_n_s32(four));
}

// Sums of 4 columns from the half sums of columns 0, 1 and 2, 3.
int32x4_t AddHalves(int32x4_t acc_0, int32x4_t acc_2) {
  return vcombine_s32(vpadd_s32(vget_low_s32(acc_0), vget_high_s32(acc_0)),
                      vpadd_s32(vget_low_s32(acc_2), vget_high_s32(acc_2)));
}

template <size_t kRows>
const int8_t* AddTap(size_t k, const int8_t* const* a, ptrdiff_t at, const int8_t* w,
                     int32x4_t (*acc)[8]) {
  const int8_t* row[kRows];
#pragma GCC unroll 8
  for (size_t i = 0; i < kRows; ++i) row[i] = a[i] + at;
  for (size_t p = 0; p < k; p += 4, w += 64) {
    int8x16_t a_p[kRows];
#pragma GCC unroll 8
    for (size_t i = 0; i < kRows; ++i) a_p[i] = BroadcastDepths(row[i] + p);
#pragma GCC unroll 8
    for (size_t j = 0; j < 4; ++j) {
      const int8x16_t w_j = vld1q_s8(w + 16 * j);
#pragma GCC unroll 8
      for (size_t i = 0; i < kRows; ++i) {
        const int16x8_t low = vmull_s8(vget_low_s8(a_p[i]), vget_low_s8(w_j));
        const int16x8_t high = vmull_s8(vget_high_s8(a_p[i]), vget_high_s8(w_j));
        acc[i][2 * j] = vpadalq_s16(acc[i][2 * j], low);
        acc[i][2 * j + 1] = vpadalq_s16(acc[i][2 * j + 1], high);
      }
    }
  }
  return w;
}

template <size_t kRows>
void Rows(size_t n, size_t k, size_t taps, const int8_t* const* a, const ptrdiff_t* tap,
          const int8_t* w, int8_t* c, size_t c_stride, const IgemmS8Params& params) {
  const RequantS8 q = params.requant;
  for (size_t j = 0; j < n; j += 16) {
    int32x4_t acc[kRows][8];
#pragma GCC unroll 8
    for (size_t i = 0; i < kRows; ++i) {
#pragma GCC unroll 8
      for (size_t half = 0; half < 8; ++half) acc[i][half] = vdupq_n_s32(0);
    }
    for (size_t t = 0; t < taps; ++t) w = AddTap<kRows>(k, a, tap[t], w, acc);
#pragma GCC unroll 8
    for (size_t i = 0; i < kRows; ++i) {
      const int32x4_t offset = vdupq_n_s32(RowOffset(params, i));
      int32x4_t sum[4];
#pragma GCC unroll 8
      for (size_t four = 0; four < 4; ++four) {
        const int32x4_t bias = vaddq_s32(vld1q_s32(params.bias + j + 4 * four), offset);
        sum[four] = vaddq_s32(AddHalves(acc[i][2 * four], acc[i][2 * four + 1]), bias);
      }
      StoreS8Neon(c + i * c_stride + j, RequantizeS8x16Neon(sum, q.mult + j, q), n - j);
    }
  }
}

}  // namespace

void igemm_s8_2x16c4_neon(size_t m, size_t n, size_t k, size_t taps, const int8_t* const* a,
                          const ptrdiff_t* tap, const int8_t* w, int8_t* c, size_t c_stride,
                          const IgemmS8Params* params) {
  assert(m >= 1 && m <= 2 && n >= 1 && taps >= 1 && k >= 4 && k % 4 == 0);
  static constexpr decltype(&Rows<1>) kRows[] = {Rows<1>, Rows<2>};
  kRows[m - 1](n, k, taps, a, tap, w, c, c_stride, *params);
}

}  // namespace edgec
