// 4 rows × 16 columns: 16 registers of sums, 4 of weights, one value of a in all lanes.
// ARMv7 has 16 registers in all and spills some sums.
#include <arm_neon.h>

#include <cassert>
#include <cstring>

#include "kernels/igemm_f32/igemm_f32.h"

namespace edgec {
namespace {

template <size_t kRows>
const float* AddTap(size_t k, const float* const* a, ptrdiff_t at, const float* w,
                    float32x4_t (*acc)[4]) {
  const float* row[kRows];
#pragma GCC unroll 8
  for (size_t i = 0; i < kRows; ++i) row[i] = a[i] + at;
  for (size_t p = 0; p < k; ++p, w += 16) {
    float32x4_t w_p[4];
#pragma GCC unroll 8
    for (size_t four = 0; four < 4; ++four) w_p[four] = vld1q_f32(w + 4 * four);
#pragma GCC unroll 8
    for (size_t i = 0; i < kRows; ++i) {
      const float32x4_t a_p = vld1q_dup_f32(row[i] + p);
#pragma GCC unroll 8
      for (size_t four = 0; four < 4; ++four) {
        acc[i][four] = vfmaq_f32(acc[i][four], a_p, w_p[four]);
      }
    }
  }
  return w;
}

void Store(float* c, const float32x4_t* acc, size_t n, const IgemmF32Params& params) {
  float copy[16];
  float* to = n >= 16 ? c : copy;
#pragma GCC unroll 8
  for (size_t four = 0; four < 4; ++four) {
    const float32x4_t low = vmaxq_f32(acc[four], vdupq_n_f32(params.min));
    vst1q_f32(to + 4 * four, vminq_f32(low, vdupq_n_f32(params.max)));
  }
  if (n < 16) std::memcpy(c, copy, n * sizeof(float));
}

template <size_t kRows>
void Rows(size_t n, size_t k, size_t taps, const float* const* a, const ptrdiff_t* tap,
          const float* w, float* c, size_t c_stride, const IgemmF32Params& params) {
  for (size_t j = 0; j < n; j += 16) {
    float32x4_t acc[kRows][4];
#pragma GCC unroll 8
    for (size_t i = 0; i < kRows; ++i) {
#pragma GCC unroll 8
      for (size_t four = 0; four < 4; ++four) acc[i][four] = vld1q_f32(params.bias + j + 4 * four);
    }
    for (size_t t = 0; t < taps; ++t) w = AddTap<kRows>(k, a, tap[t], w, acc);
#pragma GCC unroll 8
    for (size_t i = 0; i < kRows; ++i) Store(c + i * c_stride + j, acc[i], n - j, params);
  }
}

}  // namespace

void igemm_f32_4x16_neon(size_t m, size_t n, size_t k, size_t taps, const float* const* a,
                         const ptrdiff_t* tap, const float* w, float* c, size_t c_stride,
                         const IgemmF32Params* params) {
  assert(m >= 1 && m <= 4 && n >= 1 && k >= 1 && taps >= 1);
  static constexpr decltype(&Rows<1>) kRows[] = {Rows<1>, Rows<2>, Rows<3>, Rows<4>};
  kRows[m - 1](n, k, taps, a, tap, w, c, c_stride, *params);
}

}  // namespace edgec
