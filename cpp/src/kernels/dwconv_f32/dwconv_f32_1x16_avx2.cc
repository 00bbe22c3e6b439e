// 1 pixel × 16 channels in two registers; masks do the channel tail.
#include <immintrin.h>

#include <cassert>

#include "kernels/dwconv_f32/dwconv_f32.h"

namespace edgec {
namespace {

// Lanes below n, for lanes first .. first + 7 of a block.
__m256i Lanes(size_t n, int first) {
  const __m256i lane =
      _mm256_add_epi32(_mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7), _mm256_set1_epi32(first));
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(n < 16 ? static_cast<int>(n) : 16), lane);
}

// The bound comes first: max and min return their second operand if one is NaN.
__m256 Clamp(__m256 value, const DwconvF32Params& params) {
  value = _mm256_max_ps(_mm256_set1_ps(params.min), value);
  return _mm256_min_ps(_mm256_set1_ps(params.max), value);
}

void Pixel(size_t n, size_t taps, const float* const* x, const float* w, float* y,
           const DwconvF32Params& params) {
  for (size_t j = 0; j < n; j += 16) {
    const __m256i lanes_0 = Lanes(n - j, 0), lanes_8 = Lanes(n - j, 8);
    __m256 acc_0 = _mm256_loadu_ps(params.bias + j), acc_8 = _mm256_loadu_ps(params.bias + j + 8);
    for (size_t t = 0; t < taps; ++t, w += 16) {
      const float* x_t = x[t] + j;
      acc_0 = _mm256_fmadd_ps(_mm256_maskload_ps(x_t, lanes_0), _mm256_loadu_ps(w), acc_0);
      acc_8 = _mm256_fmadd_ps(_mm256_maskload_ps(x_t + 8, lanes_8), _mm256_loadu_ps(w + 8), acc_8);
    }
    _mm256_maskstore_ps(y + j, lanes_0, Clamp(acc_0, params));
    _mm256_maskstore_ps(y + j + 8, lanes_8, Clamp(acc_8, params));
  }
}

}  // namespace

void dwconv_f32_1x16_avx2(size_t m, size_t n, size_t taps, const float* const* x, const float* w,
                          float* y, size_t y_stride, const DwconvF32Params* params) {
  assert(m >= 1 && n >= 1 && taps >= 1);
  for (size_t i = 0; i < m; ++i) Pixel(n, taps, x + i * taps, w, y + i * y_stride, *params);
}

}  // namespace edgec
