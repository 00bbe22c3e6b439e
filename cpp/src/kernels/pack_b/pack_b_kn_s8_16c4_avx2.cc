// b as [k][n]: four rows of 16 columns are interleaved into one block by unpacking.
#include <immintrin.h>

#include "kernels/pack_b/edges.h"

namespace edgec {
namespace {

__m128i Load16(const int8_t* p) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)); }

// Eight columns × 4 depths.
void StoreAndSum(__m128i first, __m128i second, int8_t* w, int32_t* sums) {
  const __m256i eight = _mm256_set_m128i(second, first);
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(w), eight);
  const __m256i pairs = _mm256_maddubs_epi16(_mm256_set1_epi8(1), eight);
  __m256i* to = reinterpret_cast<__m256i*>(sums);
  const __m256i fours = _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
  _mm256_storeu_si256(to, _mm256_add_epi32(_mm256_loadu_si256(to), fours));
}

void PackBlock(const int8_t* const* rows, int8_t* w, int32_t* sums) {
  const __m128i r_0 = Load16(rows[0]), r_1 = Load16(rows[1]);
  const __m128i r_2 = Load16(rows[2]), r_3 = Load16(rows[3]);
  const __m128i low_01 = _mm_unpacklo_epi8(r_0, r_1), high_01 = _mm_unpackhi_epi8(r_0, r_1);
  const __m128i low_23 = _mm_unpacklo_epi8(r_2, r_3), high_23 = _mm_unpackhi_epi8(r_2, r_3);
  StoreAndSum(_mm_unpacklo_epi16(low_01, low_23), _mm_unpackhi_epi16(low_01, low_23), w, sums);
  StoreAndSum(_mm_unpacklo_epi16(high_01, high_23), _mm_unpackhi_epi16(high_01, high_23), w + 32,
              sums + 8);
}

}  // namespace

void pack_b_kn_s8_16c4_avx2(size_t n, size_t k, const int8_t* b, size_t b_stride, int8_t* w,
                            int32_t* sums) {
  PackKn(n, k, b, b_stride, w, sums, PackBlock);
}

}  // namespace edgec
