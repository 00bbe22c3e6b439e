// What follows from the sixteen lanes of portable.h, avx2.h, avx512.h or neon.h, one of which
// includes this.
#ifndef EDGEC_KERNELS_SIMD_LANES_H_
#define EDGEC_KERNELS_SIMD_LANES_H_

namespace edgec {
namespace {

constexpr size_t kLanes = 16;

// The first n lanes from or to memory; nothing else is touched. The other lanes of a load are 0.
template <class T>
inline auto LoadPart(const T* p, size_t n) -> decltype(Load(p)) {
  T lanes[kLanes] = {};
  std::memcpy(lanes, p, n * sizeof(T));
  return Load(lanes);
}
template <class T, class Vector>
inline void StorePart(T* p, Vector a, size_t n) {
  T lanes[kLanes];
  Store(lanes, a);
  std::memcpy(p, lanes, n * sizeof(T));
}

// Always in this order, so that every instruction set gets the same sum.
inline float SumLanes(F32 a) {
  float t[kLanes];
  Store(t, a);
  for (size_t half = kLanes / 2; half > 0; half /= 2) {
    for (size_t i = 0; i < half; ++i) t[i] += t[i + half];
  }
  return t[0];
}
inline int32_t SumLanes(S32 a) {  // which must fit int32, in any order
  int32_t t[kLanes];
  Store(t, a);
  for (size_t half = kLanes / 2; half > 0; half /= 2) {
    for (size_t i = 0; i < half; ++i) t[i] += t[i + half];
  }
  return t[0];
}
// NaN if one is NaN.
inline float MaxLanes(F32 a) {
  float t[kLanes];
  Store(t, a);
  for (size_t half = kLanes / 2; half > 0; half /= 2) {
    for (size_t i = 0; i < half; ++i) {
      t[i] = t[i] != t[i] || t[i] > t[i + half] ? t[i] : t[i + half];
    }
  }
  return t[0];
}

// NaN stays NaN.
inline F32 Clamp(F32 a, F32 low, F32 high) { return Min(high, Max(low, a)); }

}  // namespace
}  // namespace edgec

#include "kernels/simd/loops.h"

#endif  // EDGEC_KERNELS_SIMD_LANES_H_
