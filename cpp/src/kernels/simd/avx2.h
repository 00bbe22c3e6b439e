// Sixteen lanes with AVX2, as two registers of eight. The contract is in README.md; the same names
// are in the other headers.
#ifndef EDGEC_KERNELS_SIMD_AVX2_H_
#define EDGEC_KERNELS_SIMD_AVX2_H_

#include <immintrin.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "kernels/simd/s8_range.h"

namespace edgec {
namespace {

struct F32 {
  __m256 lo, hi;
};
struct S32 {
  __m256i lo, hi;
};
struct S8 {
  __m128i v;
};
struct Mask {
  __m256 lo, hi;
};

// The same operation on both halves.
#define EDGEC_HALVES_1(f, x) \
  { f(x.lo), f(x.hi) }
#define EDGEC_HALVES_2(f, x, y) \
  { f(x.lo, y.lo), f(x.hi, y.hi) }

inline const __m256i* Words(const int32_t* p) { return reinterpret_cast<const __m256i*>(p); }
inline __m256i* Words(int32_t* p) { return reinterpret_cast<__m256i*>(p); }

inline F32 Fill(float a) { return {_mm256_set1_ps(a), _mm256_set1_ps(a)}; }
inline F32 Load(const float* p) { return {_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)}; }
inline void Store(float* p, F32 a) {
  _mm256_storeu_ps(p, a.lo);
  _mm256_storeu_ps(p + 8, a.hi);
}
inline F32 operator+(F32 a, F32 b) { return EDGEC_HALVES_2(_mm256_add_ps, a, b); }
inline F32 operator-(F32 a, F32 b) { return EDGEC_HALVES_2(_mm256_sub_ps, a, b); }
inline F32 operator*(F32 a, F32 b) { return EDGEC_HALVES_2(_mm256_mul_ps, a, b); }
inline F32 operator/(F32 a, F32 b) { return EDGEC_HALVES_2(_mm256_div_ps, a, b); }
#define EDGEC_SIMD_FUSED 1
// a + b · c and a − b · c, rounded once.
inline F32 FusedAdd(F32 a, F32 b, F32 c) {
  return {_mm256_fmadd_ps(b.lo, c.lo, a.lo), _mm256_fmadd_ps(b.hi, c.hi, a.hi)};
}
inline F32 FusedSubtract(F32 a, F32 b, F32 c) {
  return {_mm256_fnmadd_ps(b.lo, c.lo, a.lo), _mm256_fnmadd_ps(b.hi, c.hi, a.hi)};
}
inline F32 operator-(F32 a) {
  const F32 sign = Fill(-0.0f);
  return EDGEC_HALVES_2(_mm256_xor_ps, a, sign);
}
inline F32 Abs(F32 a) {
  const F32 sign = Fill(-0.0f);
  return EDGEC_HALVES_2(_mm256_andnot_ps, sign, a);
}
inline F32 Sqrt(F32 a) { return EDGEC_HALVES_1(_mm256_sqrt_ps, a); }
inline F32 Max(F32 a, F32 b) { return EDGEC_HALVES_2(_mm256_max_ps, a, b); }
inline F32 Min(F32 a, F32 b) { return EDGEC_HALVES_2(_mm256_min_ps, a, b); }
inline Mask operator<(F32 a, F32 b) {
  return {_mm256_cmp_ps(a.lo, b.lo, _CMP_LT_OQ), _mm256_cmp_ps(a.hi, b.hi, _CMP_LT_OQ)};
}
inline Mask IsNan(F32 a) {
  return {_mm256_cmp_ps(a.lo, a.lo, _CMP_UNORD_Q), _mm256_cmp_ps(a.hi, a.hi, _CMP_UNORD_Q)};
}
inline F32 Select(Mask m, F32 a, F32 b) {
  return {_mm256_blendv_ps(b.lo, a.lo, m.lo), _mm256_blendv_ps(b.hi, a.hi, m.hi)};
}

inline S32 Fill(int32_t a) { return {_mm256_set1_epi32(a), _mm256_set1_epi32(a)}; }
inline S32 Load(const int32_t* p) {
  return {_mm256_loadu_si256(Words(p)), _mm256_loadu_si256(Words(p + 8))};
}
inline S32 Load(const int8_t* p) {
  return {_mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p))),
          _mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p + 8)))};
}
inline void Store(int32_t* p, S32 a) {
  _mm256_storeu_si256(Words(p), a.lo);
  _mm256_storeu_si256(Words(p + 8), a.hi);
}
inline S32 operator+(S32 a, S32 b) { return EDGEC_HALVES_2(_mm256_add_epi32, a, b); }
inline S32 operator-(S32 a, S32 b) { return EDGEC_HALVES_2(_mm256_sub_epi32, a, b); }
inline S32 operator*(S32 a, S32 b) { return EDGEC_HALVES_2(_mm256_mullo_epi32, a, b); }
inline S32 operator>>(S32 a, int n) {
  const __m128i count = _mm_cvtsi32_si128(n);
  return {_mm256_sra_epi32(a.lo, count), _mm256_sra_epi32(a.hi, count)};
}
inline S32 operator<<(S32 a, int n) {
  const __m128i count = _mm_cvtsi32_si128(n);
  return {_mm256_sll_epi32(a.lo, count), _mm256_sll_epi32(a.hi, count)};
}

inline F32 ToF32(S32 a) { return EDGEC_HALVES_1(_mm256_cvtepi32_ps, a); }
// Both 16-bit halves are exact, so only the sum rounds.
inline __m256 UnsignedToF32(__m256i a) {
  const __m256 high = _mm256_cvtepi32_ps(_mm256_srli_epi32(a, 16));
  const __m256 low = _mm256_cvtepi32_ps(_mm256_and_si256(a, _mm256_set1_epi32(0xFFFF)));
  return _mm256_add_ps(_mm256_mul_ps(high, _mm256_set1_ps(65536.0f)), low);
}
inline F32 UnsignedToF32(S32 a) { return EDGEC_HALVES_1(UnsignedToF32, a); }
inline S32 Round(F32 a) { return EDGEC_HALVES_1(_mm256_cvtps_epi32, a); }
inline S32 Bits(F32 a) { return EDGEC_HALVES_1(_mm256_castps_si256, a); }
inline F32 FromBits(S32 a) { return EDGEC_HALVES_1(_mm256_castsi256_ps, a); }
#undef EDGEC_HALVES_1
#undef EDGEC_HALVES_2

inline S8 LoadS8(const int8_t* p) { return {_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))}; }
inline void Store(int8_t* p, S8 a) { _mm_storeu_si128(reinterpret_cast<__m128i*>(p), a.v); }

struct RangeLanes {
  F32 high;            // qmax − zero_point: what is above it might not fit int32
  __m256i zero_point;  // sixteen s16
  __m128i qmin, qmax;  // sixteen s8
};
inline RangeLanes Fill(const S8Range& range) {
  return {Fill(range.high), _mm256_set1_epi16(static_cast<int16_t>(range.zero_point)),
          _mm_set1_epi8(QMin(range)), _mm_set1_epi8(QMax(range))};
}
// Saturates at each step, which clamps to within int16 and int8, and then to the range.
inline S8 Narrow(S32 a, const RangeLanes& range) {
  const __m256i mixed = _mm256_adds_epi16(_mm256_packs_epi32(a.lo, a.hi), range.zero_point);
  const __m256i s16 = _mm256_permute4x64_epi64(mixed, 0xD8);  // packs works within 128-bit halves
  const __m128i s8 = _mm_packs_epi16(_mm256_castsi256_si128(s16), _mm256_extracti128_si256(s16, 1));
  return {_mm_min_epi8(_mm_max_epi8(s8, range.qmin), range.qmax)};
}
inline __m256 NanToZero(__m256 a) { return _mm256_and_ps(a, _mm256_cmp_ps(a, a, _CMP_ORD_Q)); }
inline S8 RoundToRange(F32 a, const RangeLanes& range) {
  return Narrow(Round(Min({NanToZero(a.lo), NanToZero(a.hi)}, range.high)), range);
}

inline int32_t MaxLanes(__m128i a) {  // of the bytes
  // phminposuw finds the least of eight u16: of the bytes turned around, even and odd ones.
  const __m128i turned = _mm_xor_si128(a, _mm_set1_epi8(127));
  const __m128i pairs = _mm_min_epu8(turned, _mm_srli_epi16(turned, 8));
  return 127 - (_mm_cvtsi128_si32(_mm_minpos_epu16(pairs)) & 0xFF);
}

// As many int8 as a register holds, for maxima.
struct Bytes {
  __m256i v;
};
inline Bytes LoadBytes(const int8_t* p) {
  return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p))};
}
inline void Store(int8_t* p, Bytes a) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), a.v); }
inline Bytes Max(Bytes a, Bytes b) { return {_mm256_max_epi8(a.v, b.v)}; }
inline S8 Max(S8 a, S8 b) { return {_mm_max_epi8(a.v, b.v)}; }
inline int32_t MaxLanes(S8 a) { return MaxLanes(a.v); }
inline int32_t MaxLanes(Bytes a) {
  return MaxLanes(_mm_max_epi8(_mm256_castsi256_si128(a.v), _mm256_extracti128_si256(a.v, 1)));
}

// Σ q and Σ q² of up to 2^16 int8, so that all lanes together fit int32.
struct Moments {
  __m256i sum, squares;
};
inline Moments NoMoments() { return {_mm256_setzero_si256(), _mm256_setzero_si256()}; }
inline void Add(Moments* m, S8 q) {
  const __m256i s16 = _mm256_cvtepi8_epi16(q.v);
  m->sum = _mm256_add_epi32(m->sum, _mm256_madd_epi16(s16, _mm256_set1_epi16(1)));
  m->squares = _mm256_add_epi32(m->squares, _mm256_madd_epi16(s16, s16));
}
inline S32 SumOf(const Moments& m) { return {m.sum, _mm256_setzero_si256()}; }
inline S32 SquaresOf(const Moments& m) { return {m.squares, _mm256_setzero_si256()}; }

}  // namespace
}  // namespace edgec

#include "kernels/simd/lanes.h"

#endif  // EDGEC_KERNELS_SIMD_AVX2_H_
