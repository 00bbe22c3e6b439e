// Requantization of 16 channels in two AVX2 registers, and of four such registers at once; loads
// and stores of up to 16 int8.
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

// Four registers at once, clamped as late as possible; requant_avx512vnni.h says why it is the
// same.
//
//   int32 → float · mult → int32 │ → int16 + zero point │ → int8 within qmin, qmax
//          8 lanes               │       16 lanes       │        32 lanes
struct RequantAvx2 {
  bool fits_int32, clamps;  // clamps: more than saturation to int8
  __m256 high;
  __m256i zero_point;  // int16
  __m256i qmin, qmax;  // int8
  __m256i in_order;    // packing works within 128-bit halves: this takes that back
};

static inline RequantAvx2 MakeRequantAvx2(const RequantS8& q) {
  const int32_t qmin = static_cast<int32_t>(q.low) + q.zero_point;
  const int32_t qmax = static_cast<int32_t>(q.high) + q.zero_point;
  return {q.fits_int32,
          qmin > -128 || qmax < 127,
          _mm256_set1_ps(q.high),
          _mm256_set1_epi16(static_cast<int16_t>(q.zero_point)),
          _mm256_set1_epi8(static_cast<int8_t>(qmin)),
          _mm256_set1_epi8(static_cast<int8_t>(qmax)),
          _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7)};
}

static inline __m256i ScaleAvx2(__m256i acc, const float* mult, const RequantAvx2& q) {
  __m256 real = _mm256_mul_ps(_mm256_cvtepi32_ps(acc), _mm256_loadu_ps(mult));
  if (!q.fits_int32) real = _mm256_min_ps(real, q.high);
  return _mm256_cvtps_epi32(real);
}

// 32 int8: those of s_0 first. s_0 .. s_3 come from ScaleAvx2.
static inline __m256i PackS8Avx2(__m256i s_0, __m256i s_1, __m256i s_2, __m256i s_3,
                                 const RequantAvx2& q) {
  const __m256i low = _mm256_adds_epi16(_mm256_packs_epi32(s_0, s_1), q.zero_point);
  const __m256i high = _mm256_adds_epi16(_mm256_packs_epi32(s_2, s_3), q.zero_point);
  __m256i mixed = _mm256_packs_epi16(low, high);
  if (q.clamps) mixed = _mm256_min_epi8(_mm256_max_epi8(mixed, q.qmin), q.qmax);
  return _mm256_permutevar8x32_epi32(mixed, q.in_order);
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
