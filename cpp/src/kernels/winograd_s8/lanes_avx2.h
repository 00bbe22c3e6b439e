// Lanes of transform.h in registers of AVX2: S16x16 and S16x8. For files with AVX2 or more.
#ifndef EDGEC_KERNELS_WINOGRAD_S8_LANES_AVX2_H_
#define EDGEC_KERNELS_WINOGRAD_S8_LANES_AVX2_H_

#include <immintrin.h>

#include "kernels/requant/requant_avx2.h"

namespace edgec {
namespace {

struct S16x16 {
  static constexpr size_t kLanes = 16;
  __m256i v;
  static S16x16 Load(const int8_t* from) {
    return {_mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)))};
  }
  static S16x16 LoadPart(const int8_t* from, size_t n) {
    return {_mm256_cvtepi8_epi16(LoadS8Avx2(from, n))};
  }
  void Store(int16_t* to) const { _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), v); }
};
inline S16x16 operator+(S16x16 a, S16x16 b) { return {_mm256_add_epi16(a.v, b.v)}; }
inline S16x16 operator-(S16x16 a, S16x16 b) { return {_mm256_sub_epi16(a.v, b.v)}; }
inline S16x16 Times2(S16x16 a) { return a + a; }
inline S16x16 Times4(S16x16 a) { return {_mm256_slli_epi16(a.v, 2)}; }

struct S16x8 {
  static constexpr size_t kLanes = 8;
  __m128i v;
  static S16x8 Load(const int8_t* from) {
    return {_mm_cvtepi8_epi16(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from)))};
  }
  static S16x8 LoadPart(const int8_t* from, size_t n) {
    return {_mm_cvtepi8_epi16(_mm_cvtsi64_si128(static_cast<int64_t>(LoadUpTo8(from, n))))};
  }
  void Store(int16_t* to) const { _mm_storeu_si128(reinterpret_cast<__m128i*>(to), v); }
};
inline S16x8 operator+(S16x8 a, S16x8 b) { return {_mm_add_epi16(a.v, b.v)}; }
inline S16x8 operator-(S16x8 a, S16x8 b) { return {_mm_sub_epi16(a.v, b.v)}; }
inline S16x8 Times2(S16x8 a) { return a + a; }
inline S16x8 Times4(S16x8 a) { return {_mm_slli_epi16(a.v, 2)}; }

}  // namespace
}  // namespace edgec
#endif  // EDGEC_KERNELS_WINOGRAD_S8_LANES_AVX2_H_
