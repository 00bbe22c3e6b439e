// 4 pixels × 16 channels. Two taps at a time: interleaved bytes, extended to int16, are the pairs
// that vpdpwssd multiplies and adds, exactly and with the channels in order. Masks do the channel
// tail.
#include <immintrin.h>

#include <cassert>

#include "kernels/dwconv_s8/dwconv_s8.h"
#include "kernels/requant/requant_avx512vnni.h"

namespace edgec {
namespace {

// int16 pairs (tap 0, tap 1) of channels 0..15.
__m512i Interleave(__m128i tap_0, __m128i tap_1) {
  const __m128i low = _mm_unpacklo_epi8(tap_0, tap_1), high = _mm_unpackhi_epi8(tap_0, tap_1);
  return _mm512_cvtepi8_epi16(_mm256_set_m128i(high, low));
}

__m128i LoadWeights(const int8_t* w) { return _mm_load_si128(reinterpret_cast<const __m128i*>(w)); }

template <size_t kPixels>
void Pixels(size_t n, size_t taps, const int8_t* const* x, const int8_t* w, int8_t* y,
            size_t y_stride, const DwconvS8Params& params) {
  const RequantS8 q = params.requant;
  for (size_t j = 0; j < n; j += 16) {
    const __mmask16 lanes = LanesAvx512(n - j);
    __m512i acc[kPixels];
#pragma GCC unroll 8
    for (size_t i = 0; i < kPixels; ++i) acc[i] = _mm512_loadu_si512(params.bias + j);
    size_t t = 0;
    for (; t + 2 <= taps; t += 2, w += 32) {
      const __m512i w_t = Interleave(LoadWeights(w), LoadWeights(w + 16));
#pragma GCC unroll 8
      for (size_t i = 0; i < kPixels; ++i) {
        const int8_t* const* tap = x + i * taps + t;
        const __m512i x_t = Interleave(_mm_maskz_loadu_epi8(lanes, tap[0] + j),
                                       _mm_maskz_loadu_epi8(lanes, tap[1] + j));
        acc[i] = _mm512_dpwssd_epi32(acc[i], x_t, w_t);
      }
    }
    if (t < taps) {
      const __m512i w_t = Interleave(LoadWeights(w), _mm_setzero_si128());
#pragma GCC unroll 8
      for (size_t i = 0; i < kPixels; ++i) {
        const __m128i tap = _mm_maskz_loadu_epi8(lanes, x[i * taps + t] + j);
        acc[i] = _mm512_dpwssd_epi32(acc[i], Interleave(tap, _mm_setzero_si128()), w_t);
      }
      w += 16;
    }
#pragma GCC unroll 8
    for (size_t i = 0; i < kPixels; ++i) {
      _mm_mask_storeu_epi8(y + i * y_stride + j, lanes,
                           RequantizeS8x16Avx512(acc[i], q.mult + j, q));
    }
  }
}

}  // namespace

void dwconv_s8_4x16_avx512vnni(size_t m, size_t n, size_t taps, const int8_t* const* x,
                               const int8_t* w, int8_t* y, size_t y_stride,
                               const DwconvS8Params* params) {
  assert(m >= 1 && n >= 1 && taps >= 1);
  size_t i = 0;
  for (; i + 4 <= m; i += 4) {
    Pixels<4>(n, taps, x + i * taps, w, y + i * y_stride, y_stride, *params);
  }
  for (; i < m; ++i) Pixels<1>(n, taps, x + i * taps, w, y + i * y_stride, y_stride, *params);
}

}  // namespace edgec
