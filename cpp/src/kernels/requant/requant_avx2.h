// Requantization of 16 channels in two AVX2 registers, and loads and stores of up to 16 int8.
#ifndef EDGEC_KERNELS_REQUANT_REQUANT_AVX2_H_
#define EDGEC_KERNELS_REQUANT_REQUANT_AVX2_H_

#include <immintrin.h>

#include "kernels/requant/requant.h"
#include "kernels/requant/tail.h"

namespace edgec {

static inline __m256i RequantizeS8x8Avx2(__m256i acc, const float* mult, const RequantS8& q) {
  __m256 real = _mm256_mul_ps(_mm256_cvtepi32_ps(acc), _mm256_loadu_ps(mult));
  real = _mm256_max_ps(real, _mm256_set1_ps(q.low));
  real = _mm256_min_ps(real, _mm256_set1_ps(q.high));
  return _mm256_add_epi32(_mm256_cvtps_epi32(real), _mm256_set1_epi32(q.zero_point));
}

// Channels 0..7 in `acc_0`, 8..15 in `acc_8`; `mult` points to the first channel's.
static inline __m128i RequantizeS8x16Avx2(__m256i acc_0, __m256i acc_8, const float* mult,
                                          const RequantS8& q) {
  const __m256i q_0 = RequantizeS8x8Avx2(acc_0, mult, q);
  const __m256i q_8 = RequantizeS8x8Avx2(acc_8, mult + 8, q);
  // packs works within 128-bit halves: 0..3, 8..11 | 4..7, 12..15
  const __m256i mixed = _mm256_packs_epi32(q_0, q_8);
  const __m256i s16 = _mm256_permute4x64_epi64(mixed, 0xD8);
  return _mm_packs_epi16(_mm256_castsi256_si128(s16), _mm256_extracti128_si256(s16, 1));
}

// The first n of 16; reads nothing past them.
static inline __m128i LoadS8Avx2(const int8_t* from, size_t n) {
  if (n >= 16) return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
  const Bytes16 bytes = LoadTail(from, n);
  return _mm_set_epi64x(static_cast<int64_t>(bytes.high), static_cast<int64_t>(bytes.low));
}

static inline void StoreS8Avx2(int8_t* to, __m128i value, size_t n) {
  if (n >= 16) return _mm_storeu_si128(reinterpret_cast<__m128i*>(to), value);
  StoreTail(to,
            {static_cast<uint64_t>(_mm_extract_epi64(value, 0)),
             static_cast<uint64_t>(_mm_extract_epi64(value, 1))},
            n);
}

}  // namespace edgec
#endif  // EDGEC_KERNELS_REQUANT_REQUANT_AVX2_H_
