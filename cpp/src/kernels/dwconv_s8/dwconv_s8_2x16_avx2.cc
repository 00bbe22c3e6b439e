// 2 pixels × 16 channels. Two taps at a time: interleaved as int16, one vpmaddwd multiplies and
// adds both, exactly. Interleaving works within 128-bit halves, so sums wait in an order that
// Finish() undoes:
//
//   x_0, x_1   │ 0 … 7          │ 8 … 15          │   int16, 16 channels of taps t and t + 1
//   unpacklo   │ 00 11 22 33    │ 88 99 AA BB     │ ─► acc[0] = channels 0..3, 8..11
//   unpackhi   │ 44 55 66 77    │ CC DD EE FF     │ ─► acc[1] = channels 4..7, 12..15
#include <immintrin.h>

#include <cassert>

#include "kernels/dwconv_s8/dwconv_s8.h"
#include "kernels/requant/requant_avx2.h"

namespace edgec {
namespace {

struct TapPair {
  __m256i low, high;
};

TapPair Interleave(__m128i tap_0, __m128i tap_1) {
  const __m256i s16_0 = _mm256_cvtepi8_epi16(tap_0), s16_1 = _mm256_cvtepi8_epi16(tap_1);
  return {_mm256_unpacklo_epi16(s16_0, s16_1), _mm256_unpackhi_epi16(s16_0, s16_1)};
}

template <size_t kPixels>
void AddTapPair(const int8_t* const* x_0, const int8_t* const* x_1, size_t stride, size_t j,
                size_t count, TapPair w, __m256i (*acc)[2]) {
#pragma GCC unroll 8
  for (size_t i = 0; i < kPixels; ++i) {
    const __m128i tap_0 = LoadS8Avx2(x_0[i * stride] + j, count);
    const __m128i tap_1 =
        x_1 == nullptr ? _mm_setzero_si128() : LoadS8Avx2(x_1[i * stride] + j, count);
    const TapPair x = Interleave(tap_0, tap_1);
    acc[i][0] = _mm256_add_epi32(acc[i][0], _mm256_madd_epi16(x.low, w.low));
    acc[i][1] = _mm256_add_epi32(acc[i][1], _mm256_madd_epi16(x.high, w.high));
  }
}

__m128i LoadWeights(const int8_t* w) { return _mm_load_si128(reinterpret_cast<const __m128i*>(w)); }

void Finish(const __m256i* acc, size_t j, int8_t* y, size_t count, const DwconvS8Params& params) {
  const RequantS8& q = params.requant;
  const __m256i* bias = reinterpret_cast<const __m256i*>(params.bias + j);
  const __m256i sum_0 = _mm256_permute2x128_si256(acc[0], acc[1], 0x20);
  const __m256i sum_8 = _mm256_permute2x128_si256(acc[0], acc[1], 0x31);
  StoreS8Avx2(
      y + j,
      RequantizeS8x16Avx2(_mm256_add_epi32(sum_0, _mm256_loadu_si256(bias)),
                          _mm256_add_epi32(sum_8, _mm256_loadu_si256(bias + 1)), q.mult + j, q),
      count);
}

template <size_t kPixels>
void Pixels(size_t n, size_t taps, const int8_t* const* x, const int8_t* w, int8_t* y,
            size_t y_stride, const DwconvS8Params& params) {
  for (size_t j = 0; j < n; j += 16) {
    const size_t count = n - j;
    __m256i acc[kPixels][2];
#pragma GCC unroll 8
    for (auto& pixel : acc) pixel[0] = pixel[1] = _mm256_setzero_si256();
    size_t t = 0;
    for (; t + 2 <= taps; t += 2, w += 32) {
      const TapPair w_t = Interleave(LoadWeights(w), LoadWeights(w + 16));
      AddTapPair<kPixels>(x + t, x + t + 1, taps, j, count, w_t, acc);
    }
    if (t < taps) {
      const TapPair w_t = Interleave(LoadWeights(w), _mm_setzero_si128());
      AddTapPair<kPixels>(x + t, nullptr, taps, j, count, w_t, acc);
      w += 16;
    }
#pragma GCC unroll 8
    for (size_t i = 0; i < kPixels; ++i) Finish(acc[i], j, y + i * y_stride, count, params);
  }
}

}  // namespace

void dwconv_s8_2x16_avx2(size_t m, size_t n, size_t taps, const int8_t* const* x, const int8_t* w,
                         int8_t* y, size_t y_stride, const DwconvS8Params* params) {
  assert(m >= 1 && n >= 1 && taps >= 1);
  size_t i = 0;
  for (; i + 2 <= m; i += 2) {
    Pixels<2>(n, taps, x + i * taps, w, y + i * y_stride, y_stride, *params);
  }
  if (i < m) Pixels<1>(n, taps, x + i * taps, w, y + i * y_stride, y_stride, *params);
}

}  // namespace edgec
