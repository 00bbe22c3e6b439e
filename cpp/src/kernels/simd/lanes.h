// What follows from the eight lanes of avx2.h, neon.h or portable.h, one of which includes this.
#ifndef EDGEC_KERNELS_SIMD_LANES_H_
#define EDGEC_KERNELS_SIMD_LANES_H_

#include "kernels/simd/s8_range.h"

namespace edgec {
namespace {

constexpr size_t kLanes = 8;

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
  return ((t[0] + t[4]) + (t[2] + t[6])) + ((t[1] + t[5]) + (t[3] + t[7]));
}
inline int64_t SumLanes(S32 a) {
  int32_t t[kLanes];
  Store(t, a);
  int64_t sum = 0;
  for (int32_t lane : t) sum += lane;
  return sum;
}
// NaN if one is NaN.
inline float MaxLanes(F32 a) {
  float t[kLanes];
  Store(t, a);
  float most = t[0];
  for (float lane : t) most = lane != lane || lane > most ? lane : most;
  return most;
}

// NaN stays NaN.
inline F32 Clamp(F32 a, F32 low, F32 high) { return Min(high, Max(low, a)); }
inline S32 Clamp(S32 a, S32 low, S32 high) { return Min(high, Max(low, a)); }

// Lanes of an S8Range.
struct RangeLanes {
  F32 low, high;
  S32 zero_point;
};
inline RangeLanes Fill(const S8Range& range) {
  return {Fill(range.low), Fill(range.high), Fill(range.zero_point)};
}
// RoundToS8 of s8_range.h for lanes that are not NaN.
inline S32 RoundToRange(F32 a, const RangeLanes& range) {
  return Round(Clamp(a, range.low, range.high)) + range.zero_point;
}
inline F32 NanToZero(F32 a) { return Select(IsNan(a), Fill(0.0f), a); }

}  // namespace
}  // namespace edgec

#include "kernels/simd/loops.h"

#endif  // EDGEC_KERNELS_SIMD_LANES_H_
