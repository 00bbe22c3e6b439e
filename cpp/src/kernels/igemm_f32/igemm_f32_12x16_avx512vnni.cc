// 12 rows × 16 columns: one register of sums per row, one of weights; a is broadcast by the
// multiply.
#include <immintrin.h>

#include <cassert>

#include "kernels/igemm_f32/igemm_f32.h"

namespace edgec {
namespace {

template <size_t kRows>
const float* AddTap(size_t k, const float* const* a, ptrdiff_t at, const float* w, __m512* acc) {
  const float* row[kRows];
#pragma GCC unroll 16
  for (size_t i = 0; i < kRows; ++i) row[i] = a[i] + at;
  for (size_t p = 0; p < k; ++p, w += 16) {
    const __m512 w_p = _mm512_loadu_ps(w);
#pragma GCC unroll 16
    for (size_t i = 0; i < kRows; ++i) {
      acc[i] = _mm512_fmadd_ps(_mm512_set1_ps(row[i][p]), w_p, acc[i]);
    }
  }
  return w;
}

template <size_t kRows>
void Rows(size_t n, size_t k, size_t taps, const float* const* a, const ptrdiff_t* tap,
          const float* w, float* c, size_t c_stride, const IgemmF32Params& params) {
  const __m512 min = _mm512_set1_ps(params.min), max = _mm512_set1_ps(params.max);
  for (size_t j = 0; j < n; j += 16) {
    const __mmask16 lanes =
        n - j >= 16 ? static_cast<__mmask16>(0xFFFF) : static_cast<__mmask16>((1u << (n - j)) - 1);
    __m512 acc[kRows];
#pragma GCC unroll 16
    for (size_t i = 0; i < kRows; ++i) acc[i] = _mm512_loadu_ps(params.bias + j);
    for (size_t t = 0; t < taps; ++t) w = AddTap<kRows>(k, a, tap[t], w, acc);
#pragma GCC unroll 16
    for (size_t i = 0; i < kRows; ++i) {
      // The bound comes first: max and min return their second operand if one is NaN.
      const __m512 clamped = _mm512_min_ps(max, _mm512_max_ps(min, acc[i]));
      _mm512_mask_storeu_ps(c + i * c_stride + j, lanes, clamped);
    }
  }
}

}  // namespace

void igemm_f32_12x16_avx512vnni(size_t m, size_t n, size_t k, size_t taps, const float* const* a,
                                const ptrdiff_t* tap, const float* w, float* c, size_t c_stride,
                                const IgemmF32Params* params) {
  assert(m >= 1 && m <= 12 && n >= 1 && k >= 1 && taps >= 1);
  static constexpr decltype(&Rows<1>) kRows[] = {Rows<1>, Rows<2>,  Rows<3>,  Rows<4>,
                                                 Rows<5>, Rows<6>,  Rows<7>,  Rows<8>,
                                                 Rows<9>, Rows<10>, Rows<11>, Rows<12>};
  kRows[m - 1](n, k, taps, a, tap, w, c, c_stride, *params);
}

}  // namespace edgec
