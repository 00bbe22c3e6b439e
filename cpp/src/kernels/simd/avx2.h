// Eight lanes with AVX2. The contract is in README.md; the same names are in portable.h and neon.h.
#ifndef EDGEC_KERNELS_SIMD_AVX2_H_
#define EDGEC_KERNELS_SIMD_AVX2_H_

#include <immintrin.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace edgec {
namespace {

struct F32 {
  __m256 v;
};
struct S32 {
  __m256i v;
};
struct Mask {
  __m256 v;
};

inline F32 Fill(float a) { return {_mm256_set1_ps(a)}; }
inline F32 Load(const float* p) { return {_mm256_loadu_ps(p)}; }
inline void Store(float* p, F32 a) { _mm256_storeu_ps(p, a.v); }
inline F32 operator+(F32 a, F32 b) { return {_mm256_add_ps(a.v, b.v)}; }
inline F32 operator-(F32 a, F32 b) { return {_mm256_sub_ps(a.v, b.v)}; }
inline F32 operator*(F32 a, F32 b) { return {_mm256_mul_ps(a.v, b.v)}; }
inline F32 operator/(F32 a, F32 b) { return {_mm256_div_ps(a.v, b.v)}; }
inline F32 operator-(F32 a) { return {_mm256_xor_ps(a.v, _mm256_set1_ps(-0.0f))}; }
inline F32 Abs(F32 a) { return {_mm256_andnot_ps(_mm256_set1_ps(-0.0f), a.v)}; }
inline F32 Sqrt(F32 a) { return {_mm256_sqrt_ps(a.v)}; }
inline F32 Max(F32 a, F32 b) { return {_mm256_max_ps(a.v, b.v)}; }
inline F32 Min(F32 a, F32 b) { return {_mm256_min_ps(a.v, b.v)}; }
inline Mask operator<(F32 a, F32 b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_LT_OQ)}; }
inline Mask IsNan(F32 a) { return {_mm256_cmp_ps(a.v, a.v, _CMP_UNORD_Q)}; }
inline F32 Select(Mask m, F32 a, F32 b) { return {_mm256_blendv_ps(b.v, a.v, m.v)}; }

inline S32 Fill(int32_t a) { return {_mm256_set1_epi32(a)}; }
inline S32 Load(const int32_t* p) {
  return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p))};
}
inline S32 Load(const int8_t* p) {
  return {_mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)))};
}
inline void Store(int32_t* p, S32 a) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), a.v); }
inline void Store(int8_t* p, S32 a) {
  const __m128i s16 =
      _mm_packs_epi32(_mm256_castsi256_si128(a.v), _mm256_extracti128_si256(a.v, 1));
  _mm_storel_epi64(reinterpret_cast<__m128i*>(p), _mm_packs_epi16(s16, s16));
}
inline S32 operator+(S32 a, S32 b) { return {_mm256_add_epi32(a.v, b.v)}; }
inline S32 operator-(S32 a, S32 b) { return {_mm256_sub_epi32(a.v, b.v)}; }
inline S32 operator*(S32 a, S32 b) { return {_mm256_mullo_epi32(a.v, b.v)}; }
inline S32 operator>>(S32 a, int n) { return {_mm256_sra_epi32(a.v, _mm_cvtsi32_si128(n))}; }
inline S32 operator<<(S32 a, int n) { return {_mm256_sll_epi32(a.v, _mm_cvtsi32_si128(n))}; }
inline S32 Max(S32 a, S32 b) { return {_mm256_max_epi32(a.v, b.v)}; }
inline S32 Min(S32 a, S32 b) { return {_mm256_min_epi32(a.v, b.v)}; }

inline F32 ToF32(S32 a) { return {_mm256_cvtepi32_ps(a.v)}; }
inline S32 Round(F32 a) { return {_mm256_cvtps_epi32(a.v)}; }
inline S32 Bits(F32 a) { return {_mm256_castps_si256(a.v)}; }
inline F32 FromBits(S32 a) { return {_mm256_castsi256_ps(a.v)}; }

// Sixteen int8, for maxima.
struct S8 {
  __m128i v;
};
inline S8 LoadS8(const int8_t* p) { return {_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))}; }
inline void StoreS8(int8_t* p, S8 a) { _mm_storeu_si128(reinterpret_cast<__m128i*>(p), a.v); }
inline S8 Max(S8 a, S8 b) { return {_mm_max_epi8(a.v, b.v)}; }

}  // namespace
}  // namespace edgec

#include "kernels/simd/lanes.h"

#endif  // EDGEC_KERNELS_SIMD_AVX2_H_
