// Sixteen lanes with AVX-512, in one register. The contract is in README.md; the same names are in
// the other headers.
#ifndef EDGEC_KERNELS_SIMD_AVX512_H_
#define EDGEC_KERNELS_SIMD_AVX512_H_

#include <immintrin.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "kernels/simd/s8_range.h"

namespace edgec {
namespace {

struct F32 {
  __m512 v;
};
struct S32 {
  __m512i v;
};
struct S8 {
  __m128i v;
};
struct Mask {
  __mmask16 v;
};

inline F32 Fill(float a) { return {_mm512_set1_ps(a)}; }
inline F32 Load(const float* p) { return {_mm512_loadu_ps(p)}; }
inline void Store(float* p, F32 a) { _mm512_storeu_ps(p, a.v); }
inline F32 operator+(F32 a, F32 b) { return {_mm512_add_ps(a.v, b.v)}; }
inline F32 operator-(F32 a, F32 b) { return {_mm512_sub_ps(a.v, b.v)}; }
inline F32 operator*(F32 a, F32 b) { return {_mm512_mul_ps(a.v, b.v)}; }
inline F32 operator/(F32 a, F32 b) { return {_mm512_div_ps(a.v, b.v)}; }
#define EDGEC_SIMD_FUSED 1
// a + b · c and a − b · c, rounded once.
inline F32 FusedAdd(F32 a, F32 b, F32 c) { return {_mm512_fmadd_ps(b.v, c.v, a.v)}; }
inline F32 FusedSubtract(F32 a, F32 b, F32 c) { return {_mm512_fnmadd_ps(b.v, c.v, a.v)}; }
inline F32 operator-(F32 a) { return {_mm512_xor_ps(a.v, _mm512_set1_ps(-0.0f))}; }
inline F32 Abs(F32 a) { return {_mm512_abs_ps(a.v)}; }
inline F32 Sqrt(F32 a) { return {_mm512_sqrt_ps(a.v)}; }
inline F32 Max(F32 a, F32 b) { return {_mm512_max_ps(a.v, b.v)}; }
inline F32 Min(F32 a, F32 b) { return {_mm512_min_ps(a.v, b.v)}; }
inline Mask operator<(F32 a, F32 b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_LT_OQ)}; }
inline Mask IsNan(F32 a) { return {_mm512_cmp_ps_mask(a.v, a.v, _CMP_UNORD_Q)}; }
inline F32 Select(Mask m, F32 a, F32 b) { return {_mm512_mask_blend_ps(m.v, b.v, a.v)}; }

inline S32 Fill(int32_t a) { return {_mm512_set1_epi32(a)}; }
inline S32 Load(const int32_t* p) { return {_mm512_loadu_si512(p)}; }
inline S32 Load(const int8_t* p) {
  return {_mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)))};
}
inline void Store(int32_t* p, S32 a) { _mm512_storeu_si512(p, a.v); }
inline S32 operator+(S32 a, S32 b) { return {_mm512_add_epi32(a.v, b.v)}; }
inline S32 operator-(S32 a, S32 b) { return {_mm512_sub_epi32(a.v, b.v)}; }
inline S32 operator*(S32 a, S32 b) { return {_mm512_mullo_epi32(a.v, b.v)}; }
inline S32 operator>>(S32 a, int n) { return {_mm512_sra_epi32(a.v, _mm_cvtsi32_si128(n))}; }
inline S32 operator<<(S32 a, int n) { return {_mm512_sll_epi32(a.v, _mm_cvtsi32_si128(n))}; }

inline F32 ToF32(S32 a) { return {_mm512_cvtepi32_ps(a.v)}; }
inline F32 UnsignedToF32(S32 a) { return {_mm512_cvtepu32_ps(a.v)}; }
inline S32 Round(F32 a) { return {_mm512_cvtps_epi32(a.v)}; }
inline S32 Bits(F32 a) { return {_mm512_castps_si512(a.v)}; }
inline F32 FromBits(S32 a) { return {_mm512_castsi512_ps(a.v)}; }

inline S8 LoadS8(const int8_t* p) { return {_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))}; }
inline void Store(int8_t* p, S8 a) { _mm_storeu_si128(reinterpret_cast<__m128i*>(p), a.v); }

struct RangeLanes {
  F32 low, high;
  S32 zero_point;
  __m128i qmin, qmax;
};
inline RangeLanes Fill(const S8Range& range) {
  return {Fill(range.low), Fill(range.high), Fill(range.zero_point), _mm_set1_epi8(QMin(range)),
          _mm_set1_epi8(QMax(range))};
}
inline S8 Narrow(S32 a, const RangeLanes& range) {
  const __m128i s8 = _mm512_cvtsepi32_epi8((a + range.zero_point).v);
  return {_mm_min_epi8(_mm_max_epi8(s8, range.qmin), range.qmax)};
}
inline S8 RoundToRange(F32 a, const RangeLanes& range) {
  const __mmask16 numbers = _mm512_cmp_ps_mask(a.v, a.v, _CMP_ORD_Q);
  const F32 clamped = Min(range.high, Max(range.low, a));
  const __m512i rounded = _mm512_maskz_cvtps_epi32(numbers, clamped.v);
  return {_mm512_cvtepi32_epi8(_mm512_add_epi32(rounded, range.zero_point.v))};
}

// As many int8 as a register holds, for maxima.
struct Bytes {
  __m512i v;
};
inline Bytes LoadBytes(const int8_t* p) { return {_mm512_loadu_si512(p)}; }
inline void Store(int8_t* p, Bytes a) { _mm512_storeu_si512(p, a.v); }
inline Bytes Max(Bytes a, Bytes b) { return {_mm512_max_epi8(a.v, b.v)}; }
inline S8 Max(S8 a, S8 b) { return {_mm_max_epi8(a.v, b.v)}; }
inline int32_t MaxLanes(S8 a) {
  // phminposuw finds the least of eight u16: of the bytes turned around, even and odd ones.
  const __m128i turned = _mm_xor_si128(a.v, _mm_set1_epi8(127));
  const __m128i pairs = _mm_min_epu8(turned, _mm_srli_epi16(turned, 8));
  return 127 - (_mm_cvtsi128_si32(_mm_minpos_epu16(pairs)) & 0xFF);
}
inline int32_t MaxLanes(Bytes a) {
  const __m256i half =
      _mm256_max_epi8(_mm512_castsi512_si256(a.v), _mm512_extracti64x4_epi64(a.v, 1));
  return MaxLanes(
      S8{_mm_max_epi8(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1))});
}

// Σ q and Σ q² of up to 2^16 int8, so that all lanes together fit int32.
struct Moments {
  __m256i sum, squares;
};
inline Moments NoMoments() { return {_mm256_setzero_si256(), _mm256_setzero_si256()}; }
inline void Add(Moments* m, S8 q) {
  const __m256i s16 = _mm256_cvtepi8_epi16(q.v);
  m->sum = _mm256_dpwssd_epi32(m->sum, s16, _mm256_set1_epi16(1));
  m->squares = _mm256_dpwssd_epi32(m->squares, s16, s16);
}
inline S32 SumOf(const Moments& m) { return {_mm512_zextsi256_si512(m.sum)}; }
inline S32 SquaresOf(const Moments& m) { return {_mm512_zextsi256_si512(m.squares)}; }

// Parts by mask: faster than the copies of lanes.h, which these stand in front of.
inline __mmask16 FirstLanes(size_t n) { return static_cast<__mmask16>((1u << n) - 1); }
inline F32 LoadPart(const float* p, size_t n) { return {_mm512_maskz_loadu_ps(FirstLanes(n), p)}; }
inline S32 LoadPart(const int8_t* p, size_t n) {
  return {_mm512_cvtepi8_epi32(_mm_maskz_loadu_epi8(FirstLanes(n), p))};
}
inline void StorePart(float* p, F32 a, size_t n) { _mm512_mask_storeu_ps(p, FirstLanes(n), a.v); }
inline void StorePart(int8_t* p, S8 a, size_t n) { _mm_mask_storeu_epi8(p, FirstLanes(n), a.v); }

}  // namespace
}  // namespace edgec

#include "kernels/simd/lanes.h"

#endif  // EDGEC_KERNELS_SIMD_AVX512_H_
