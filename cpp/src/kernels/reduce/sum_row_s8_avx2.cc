// psadbw sums eight unsigned bytes: of x + 128, which is taken back at the end.
#include <immintrin.h>

#include "kernels/reduce/reduce.h"

namespace edgec {

int32_t sum_row_s8_avx2(size_t n, const int8_t* x) {
  const __m256i flip = _mm256_set1_epi8(-128), zero = _mm256_setzero_si256();
  __m256i sums = zero;  // of 64 bits: they hold any row
  size_t i = 0;
  for (; i + 32 <= n; i += 32) {
    const __m256i s8 = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(x + i));
    sums = _mm256_add_epi64(sums, _mm256_sad_epu8(_mm256_xor_si256(s8, flip), zero));
  }
  __m128i sum = _mm_add_epi64(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
  sum = _mm_add_epi64(sum, _mm_unpackhi_epi64(sum, sum));
  uint32_t total = static_cast<uint32_t>(_mm_cvtsi128_si32(sum)) - 128u * static_cast<uint32_t>(i);
  for (; i < n; ++i) total += static_cast<uint32_t>(x[i]);
  return static_cast<int32_t>(total);
}

}  // namespace edgec
