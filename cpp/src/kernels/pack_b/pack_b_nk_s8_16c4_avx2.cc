// b as [n][k]: 16 depths of four columns are four words of 4 depths each, transposed.
#include <immintrin.h>

#include "kernels/pack_b/edges.h"

namespace edgec {
namespace {

__m128i Load16(const int8_t* p) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)); }

void Columns4(const int8_t* const* columns, size_t k, int8_t* w, size_t blocks, int32_t* sums) {
  __m128i* to_sums = reinterpret_cast<__m128i*>(sums);
  __m128i sum = _mm_loadu_si128(to_sums);
  for (size_t p = 0; p < k; p += 16, w += 4 * 64) {
    const __m128i c_0 = Load16(columns[0] + p), c_1 = Load16(columns[1] + p);
    const __m128i c_2 = Load16(columns[2] + p), c_3 = Load16(columns[3] + p);
    const __m128i low_01 = _mm_unpacklo_epi32(c_0, c_1), high_01 = _mm_unpackhi_epi32(c_0, c_1);
    const __m128i low_23 = _mm_unpacklo_epi32(c_2, c_3), high_23 = _mm_unpackhi_epi32(c_2, c_3);
    const __m128i block[4] = {
        _mm_unpacklo_epi64(low_01, low_23), _mm_unpackhi_epi64(low_01, low_23),
        _mm_unpacklo_epi64(high_01, high_23), _mm_unpackhi_epi64(high_01, high_23)};
    for (size_t q = 0; q < 4; ++q) {
      const __m128i pairs = _mm_maddubs_epi16(_mm_set1_epi8(1), block[q]);
      sum = _mm_add_epi32(sum, _mm_madd_epi16(pairs, _mm_set1_epi16(1)));
      if (q < blocks) _mm_storeu_si128(reinterpret_cast<__m128i*>(w + 64 * q), block[q]);
    }
  }
  _mm_storeu_si128(to_sums, sum);
}

}  // namespace

void pack_b_nk_s8_16c4_avx2(size_t n, size_t k, const int8_t* b, size_t b_stride, int8_t* w,
                            int32_t* sums) {
  PackNk(n, k, b, b_stride, w, sums, Columns4);
}

}  // namespace edgec
