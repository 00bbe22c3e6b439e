// 1 pixel × 16 channels in one register; masks do the channel tail.
#include <immintrin.h>

#include <cassert>

#include "kernels/dwconv_f32/dwconv_f32.h"

namespace edgec {
namespace {

void Pixel(size_t n, size_t taps, const float* const* x, const float* w, float* y,
           const DwconvF32Params& params) {
  for (size_t j = 0; j < n; j += 16) {
    const __mmask16 lanes =
        n - j >= 16 ? static_cast<__mmask16>(0xFFFF) : static_cast<__mmask16>((1u << (n - j)) - 1);
    __m512 acc = _mm512_loadu_ps(params.bias + j);
    for (size_t t = 0; t < taps; ++t, w += 16) {
      acc = _mm512_fmadd_ps(_mm512_maskz_loadu_ps(lanes, x[t] + j), _mm512_loadu_ps(w), acc);
    }
    // The bound comes first: max and min return their second operand if one is NaN.
    acc = _mm512_max_ps(_mm512_set1_ps(params.min), acc);
    _mm512_mask_storeu_ps(y + j, lanes, _mm512_min_ps(_mm512_set1_ps(params.max), acc));
  }
}

}  // namespace

void dwconv_f32_1x16_avx512vnni(size_t m, size_t n, size_t taps, const float* const* x,
                                const float* w, float* y, size_t y_stride,
                                const DwconvF32Params* params) {
  assert(m >= 1 && n >= 1 && taps >= 1);
  for (size_t i = 0; i < m; ++i) Pixel(n, taps, x + i * taps, w, y + i * y_stride, *params);
}

}  // namespace edgec
