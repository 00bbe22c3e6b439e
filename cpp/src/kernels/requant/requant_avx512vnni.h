// Requantization of 16 channels in one AVX-512 register.
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

}  // namespace edgec
#endif  // EDGEC_KERNELS_REQUANT_REQUANT_AVX512VNNI_H_
