// Requantization of 16 channels in one AVX-512 register, and of four such registers at once.
#ifndef EDGEC_KERNELS_REQUANT_REQUANT_AVX512VNNI_H_
#define EDGEC_KERNELS_REQUANT_REQUANT_AVX512VNNI_H_

#include <immintrin.h>

#include <cstddef>

#include "kernels/requant/requant.h"

namespace edgec {

// The lowest n of 16 lanes.
static inline __mmask16 LanesAvx512(size_t n) {
  return n >= 16 ? static_cast<__mmask16>(0xFFFF) : static_cast<__mmask16>((1u << n) - 1);
}

static inline __m128i RequantizeS8x16Avx512(__m512i acc, const float* mult, const RequantS8& q) {
  __m512 real = _mm512_mul_ps(_mm512_cvtepi32_ps(acc), _mm512_loadu_ps(mult));
  real = _mm512_max_ps(real, _mm512_set1_ps(q.low));
  real = _mm512_min_ps(real, _mm512_set1_ps(q.high));
  const __m512i rounded = _mm512_cvtps_epi32(real);
  return _mm512_cvtepi32_epi8(_mm512_add_epi32(rounded, _mm512_set1_epi32(q.zero_point)));
}

// Four registers at once, clamped as late as possible.
//
//   int32 → float · mult → int32 │ → int16 + zero point │ → int8 within qmin, qmax
//          16 lanes              │       32 lanes       │        64 lanes
//
// Clamping an integer after rounding it is the same as before. What is too small for int32 becomes
// INT32_MIN, and every saturation below keeps it below qmin. What is too large becomes INT32_MIN as
// well: so unless it can't happen, high comes before that conversion.
struct RequantAvx512 {
  bool fits_int32, clamps;  // clamps: more than saturation to int8
  __m512 high;
  __m512i zero_point;  // int16
  __m512i qmin, qmax;  // int8
  __m512i in_order;    // packing works within 128-bit quarters: this takes that back
};

static inline RequantAvx512 MakeRequantAvx512(const RequantS8& q) {
  const int32_t qmin = static_cast<int32_t>(q.low) + q.zero_point;
  const int32_t qmax = static_cast<int32_t>(q.high) + q.zero_point;
  return {q.fits_int32,
          qmin > -128 || qmax < 127,
          _mm512_set1_ps(q.high),
          _mm512_set1_epi16(static_cast<int16_t>(q.zero_point)),
          _mm512_set1_epi8(static_cast<int8_t>(qmin)),
          _mm512_set1_epi8(static_cast<int8_t>(qmax)),
          _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15)};
}

static inline __m512i ScaleAvx512(__m512i acc, const float* mult, const RequantAvx512& q) {
  __m512 real = _mm512_mul_ps(_mm512_cvtepi32_ps(acc), _mm512_loadu_ps(mult));
  if (!q.fits_int32) real = _mm512_min_ps(real, q.high);
  return _mm512_cvtps_epi32(real);
}

// 64 int8: those of s_0 first. s_0 .. s_3 come from ScaleAvx512.
static inline __m512i PackS8Avx512(__m512i s_0, __m512i s_1, __m512i s_2, __m512i s_3,
                                   const RequantAvx512& q) {
  const __m512i low = _mm512_adds_epi16(_mm512_packs_epi32(s_0, s_1), q.zero_point);
  const __m512i high = _mm512_adds_epi16(_mm512_packs_epi32(s_2, s_3), q.zero_point);
  __m512i mixed = _mm512_packs_epi16(low, high);
  if (q.clamps) mixed = _mm512_min_epi8(_mm512_max_epi8(mixed, q.qmin), q.qmax);
  return _mm512_permutexvar_epi32(q.in_order, mixed);
}

}  // namespace edgec
#endif  // EDGEC_KERNELS_REQUANT_REQUANT_AVX512VNNI_H_
