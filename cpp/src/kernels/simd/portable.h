// Sixteen lanes as plain arrays: what the other headers must equal. See README.md for the contract.
#ifndef EDGEC_KERNELS_SIMD_PORTABLE_H_
#define EDGEC_KERNELS_SIMD_PORTABLE_H_

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "kernels/simd/s8_range.h"

namespace edgec {
namespace {

struct F32 {
  float v[16];
};
struct S32 {
  int32_t v[16];
};
struct S8 {
  int8_t v[16];
};
struct Mask {
  bool v[16];
};

// One lane after the other; integers wrap, as registers do.
#define EDGEC_EACH_LANE(type, expression)             \
  type r;                                             \
  for (int i = 0; i < 16; ++i) r.v[i] = (expression); \
  return r
inline int32_t Wrap(uint32_t a) { return static_cast<int32_t>(a); }
inline uint32_t Unwrap(int32_t a) { return static_cast<uint32_t>(a); }

inline F32 Fill(float a) { EDGEC_EACH_LANE(F32, a); }
inline F32 Load(const float* p) { EDGEC_EACH_LANE(F32, p[i]); }
inline void Store(float* p, F32 a) { std::memcpy(p, a.v, sizeof(a.v)); }
inline F32 operator+(F32 a, F32 b) { EDGEC_EACH_LANE(F32, a.v[i] + b.v[i]); }
inline F32 operator-(F32 a, F32 b) { EDGEC_EACH_LANE(F32, a.v[i] - b.v[i]); }
inline F32 operator*(F32 a, F32 b) { EDGEC_EACH_LANE(F32, a.v[i] * b.v[i]); }
inline F32 operator/(F32 a, F32 b) { EDGEC_EACH_LANE(F32, a.v[i] / b.v[i]); }
inline F32 operator-(F32 a) { EDGEC_EACH_LANE(F32, -a.v[i]); }
inline F32 Abs(F32 a) { EDGEC_EACH_LANE(F32, __builtin_fabsf(a.v[i])); }
inline F32 Sqrt(F32 a) { EDGEC_EACH_LANE(F32, __builtin_sqrtf(a.v[i])); }
inline F32 Max(F32 a, F32 b) { EDGEC_EACH_LANE(F32, a.v[i] > b.v[i] ? a.v[i] : b.v[i]); }
inline F32 Min(F32 a, F32 b) { EDGEC_EACH_LANE(F32, a.v[i] < b.v[i] ? a.v[i] : b.v[i]); }
inline Mask operator<(F32 a, F32 b) { EDGEC_EACH_LANE(Mask, a.v[i] < b.v[i]); }
inline Mask IsNan(F32 a) { EDGEC_EACH_LANE(Mask, a.v[i] != a.v[i]); }
inline F32 Select(Mask m, F32 a, F32 b) { EDGEC_EACH_LANE(F32, m.v[i] ? a.v[i] : b.v[i]); }

inline S32 Fill(int32_t a) { EDGEC_EACH_LANE(S32, a); }
inline S32 Load(const int32_t* p) { EDGEC_EACH_LANE(S32, p[i]); }
inline S32 Load(const int8_t* p) { EDGEC_EACH_LANE(S32, p[i]); }
inline void Store(int32_t* p, S32 a) { std::memcpy(p, a.v, sizeof(a.v)); }
inline S32 operator+(S32 a, S32 b) { EDGEC_EACH_LANE(S32, Wrap(Unwrap(a.v[i]) + Unwrap(b.v[i]))); }
inline S32 operator-(S32 a, S32 b) { EDGEC_EACH_LANE(S32, Wrap(Unwrap(a.v[i]) - Unwrap(b.v[i]))); }
inline S32 operator*(S32 a, S32 b) { EDGEC_EACH_LANE(S32, Wrap(Unwrap(a.v[i]) * Unwrap(b.v[i]))); }
inline S32 operator>>(S32 a, int n) { EDGEC_EACH_LANE(S32, a.v[i] >> n); }
inline S32 operator<<(S32 a, int n) { EDGEC_EACH_LANE(S32, Wrap(Unwrap(a.v[i]) << n)); }

inline F32 ToF32(S32 a) { EDGEC_EACH_LANE(F32, static_cast<float>(a.v[i])); }
inline F32 UnsignedToF32(S32 a) { EDGEC_EACH_LANE(F32, static_cast<float>(Unwrap(a.v[i]))); }
inline S32 Bits(F32 a) {
  S32 r;
  std::memcpy(r.v, a.v, sizeof(r.v));
  return r;
}
inline F32 FromBits(S32 a) {
  F32 r;
  std::memcpy(r.v, a.v, sizeof(r.v));
  return r;
}
// The adder rounds half to even: see requant/requant.h.
inline S32 Round(F32 a) { return Bits(a + Fill(kRoundShift)) - Fill(kRoundShiftBits); }

inline S8 LoadS8(const int8_t* p) { EDGEC_EACH_LANE(S8, p[i]); }
inline void Store(int8_t* p, S8 a) { std::memcpy(p, a.v, sizeof(a.v)); }

inline S8 Max(S8 a, S8 b) { EDGEC_EACH_LANE(S8, a.v[i] > b.v[i] ? a.v[i] : b.v[i]); }
inline int32_t MaxLanes(S8 a) {
  int32_t most = a.v[0];
  for (int32_t lane : a.v) most = lane > most ? lane : most;
  return most;
}

// Σ q and Σ q² of up to 2^16 int8, so that all lanes together fit int32.
struct Moments {
  S32 sum, squares;
};
inline Moments NoMoments() { return {Fill(0), Fill(0)}; }
inline void Add(Moments* m, S8 q) {
  const S32 wide = Load(q.v);
  m->sum = m->sum + wide;
  m->squares = m->squares + wide * wide;
}
inline S32 SumOf(const Moments& m) { return m.sum; }
inline S32 SquaresOf(const Moments& m) { return m.squares; }

using Bytes = S8;  // as many int8 as a register holds, for maxima
inline Bytes LoadBytes(const int8_t* p) { return LoadS8(p); }

struct RangeLanes {
  S8Range range;
};
inline RangeLanes Fill(const S8Range& range) { return {range}; }
inline S8 RoundToRange(F32 a, const RangeLanes& lanes) {
  EDGEC_EACH_LANE(S8, RoundToS8(a.v[i], lanes.range));
}
inline S8 Narrow(S32 a, const RangeLanes& lanes) {
  EDGEC_EACH_LANE(S8, ClampToS8(a.v[i], lanes.range));
}
#undef EDGEC_EACH_LANE

}  // namespace
}  // namespace edgec

#include "kernels/simd/lanes.h"

#endif  // EDGEC_KERNELS_SIMD_PORTABLE_H_
