// 6 rows × 16 columns: 12 registers of sums, 2 of weights, one broadcast value of a.
#include <immintrin.h>

#include <cassert>
#include <cstring>

#include "kernels/igemm_f32/igemm_f32.h"

namespace edgec {
namespace {

template <size_t kRows>
const float* AddTap(size_t k, const float* const* a, ptrdiff_t at, const float* w,
                    __m256 (*acc)[2]) {
  const float* row[kRows];
#pragma GCC unroll 8
  for (size_t i = 0; i < kRows; ++i) row[i] = a[i] + at;
  for (size_t p = 0; p < k; ++p, w += 16) {
    const __m256 w_0 = _mm256_loadu_ps(w), w_8 = _mm256_loadu_ps(w + 8);
#pragma GCC unroll 8
    for (size_t i = 0; i < kRows; ++i) {
      const __m256 a_p = _mm256_broadcast_ss(row[i] + p);
      acc[i][0] = _mm256_fmadd_ps(a_p, w_0, acc[i][0]);
      acc[i][1] = _mm256_fmadd_ps(a_p, w_8, acc[i][1]);
    }
  }
  return w;
}

// The bound comes first: max and min return their second operand if one is NaN.
__m256 Clamp(__m256 value, const IgemmF32Params& params) {
  value = _mm256_max_ps(_mm256_set1_ps(params.min), value);
  return _mm256_min_ps(_mm256_set1_ps(params.max), value);
}

void Store(float* c, __m256 value_0, __m256 value_8, size_t n) {
  if (n >= 16) {
    _mm256_storeu_ps(c, value_0);
    _mm256_storeu_ps(c + 8, value_8);
    return;
  }
  float copy[16];
  _mm256_storeu_ps(copy, value_0);
  _mm256_storeu_ps(copy + 8, value_8);
  std::memcpy(c, copy, n * sizeof(float));
}

template <size_t kRows>
void Rows(size_t n, size_t k, size_t taps, const float* const* a, const ptrdiff_t* tap,
          const float* w, float* c, size_t c_stride, const IgemmF32Params& params) {
  for (size_t j = 0; j < n; j += 16) {
    __m256 acc[kRows][2];
#pragma GCC unroll 8
    for (size_t i = 0; i < kRows; ++i) {
      acc[i][0] = _mm256_loadu_ps(params.bias + j);
      acc[i][1] = _mm256_loadu_ps(params.bias + j + 8);
    }
    for (size_t t = 0; t < taps; ++t) w = AddTap<kRows>(k, a, tap[t], w, acc);
#pragma GCC unroll 8
    for (size_t i = 0; i < kRows; ++i) {
      Store(c + i * c_stride + j, Clamp(acc[i][0], params), Clamp(acc[i][1], params), n - j);
    }
  }
}

}  // namespace

void igemm_f32_6x16_avx2(size_t m, size_t n, size_t k, size_t taps, const float* const* a,
                         const ptrdiff_t* tap, const float* w, float* c, size_t c_stride,
                         const IgemmF32Params* params) {
  assert(m >= 1 && m <= 6 && n >= 1 && k >= 1 && taps >= 1);
  static constexpr decltype(&Rows<1>) kRows[] = {Rows<1>, Rows<2>, Rows<3>,
                                                 Rows<4>, Rows<5>, Rows<6>};
  kRows[m - 1](n, k, taps, a, tap, w, c, c_stride, *params);
}

}  // namespace edgec
