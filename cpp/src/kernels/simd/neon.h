// Sixteen lanes with NEON, as four registers of four: ARMv8, and ARMv7, which lacks vector divide,
// square root and rounding to nearest, and flushes denormals. See README.md for the contract.
#ifndef EDGEC_KERNELS_SIMD_NEON_H_
#define EDGEC_KERNELS_SIMD_NEON_H_

#include <arm_neon.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "kernels/simd/s8_range.h"

namespace edgec {
namespace {

struct F32 {
  float32x4_t a, b, c, d;
};
struct S32 {
  int32x4_t a, b, c, d;
};
struct S8 {
  int8x16_t v;
};
struct Mask {
  uint32x4_t a, b, c, d;
};

// The same operation on the four quarters.
#define EDGEC_QUARTERS_1(f, x) \
  { f(x.a), f(x.b), f(x.c), f(x.d) }
#define EDGEC_QUARTERS_2(f, x, y) \
  { f(x.a, y.a), f(x.b, y.b), f(x.c, y.c), f(x.d, y.d) }
#define EDGEC_QUARTERS_3(f, x, y, z) \
  { f(x.a, y.a, z.a), f(x.b, y.b, z.b), f(x.c, y.c, z.c), f(x.d, y.d, z.d) }

inline F32 Fill(float a) {
  const float32x4_t q = vdupq_n_f32(a);
  return {q, q, q, q};
}
inline F32 Load(const float* p) {
  return {vld1q_f32(p), vld1q_f32(p + 4), vld1q_f32(p + 8), vld1q_f32(p + 12)};
}
inline void Store(float* p, F32 x) {
  vst1q_f32(p, x.a);
  vst1q_f32(p + 4, x.b);
  vst1q_f32(p + 8, x.c);
  vst1q_f32(p + 12, x.d);
}
inline F32 operator+(F32 x, F32 y) { return EDGEC_QUARTERS_2(vaddq_f32, x, y); }
inline F32 operator-(F32 x, F32 y) { return EDGEC_QUARTERS_2(vsubq_f32, x, y); }
inline F32 operator*(F32 x, F32 y) { return EDGEC_QUARTERS_2(vmulq_f32, x, y); }
inline F32 operator-(F32 x) { return EDGEC_QUARTERS_1(vnegq_f32, x); }
inline F32 Abs(F32 x) { return EDGEC_QUARTERS_1(vabsq_f32, x); }
inline Mask operator<(F32 x, F32 y) { return EDGEC_QUARTERS_2(vcltq_f32, x, y); }
inline uint32x4_t IsNan(float32x4_t x) { return vmvnq_u32(vceqq_f32(x, x)); }
inline Mask IsNan(F32 x) { return EDGEC_QUARTERS_1(IsNan, x); }
inline F32 Select(Mask m, F32 x, F32 y) { return EDGEC_QUARTERS_3(vbslq_f32, m, x, y); }
inline F32 Max(F32 x, F32 y) { return Select(y < x, x, y); }
inline F32 Min(F32 x, F32 y) { return Select(x < y, x, y); }

inline S32 Fill(int32_t a) {
  const int32x4_t q = vdupq_n_s32(a);
  return {q, q, q, q};
}
inline S32 Load(const int32_t* p) {
  return {vld1q_s32(p), vld1q_s32(p + 4), vld1q_s32(p + 8), vld1q_s32(p + 12)};
}
inline S32 Load(const int8_t* p) {
  const int8x16_t s8 = vld1q_s8(p);
  const int16x8_t lo = vmovl_s8(vget_low_s8(s8)), hi = vmovl_s8(vget_high_s8(s8));
  return {vmovl_s16(vget_low_s16(lo)), vmovl_s16(vget_high_s16(lo)), vmovl_s16(vget_low_s16(hi)),
          vmovl_s16(vget_high_s16(hi))};
}
inline void Store(int32_t* p, S32 x) {
  vst1q_s32(p, x.a);
  vst1q_s32(p + 4, x.b);
  vst1q_s32(p + 8, x.c);
  vst1q_s32(p + 12, x.d);
}
inline S32 operator+(S32 x, S32 y) { return EDGEC_QUARTERS_2(vaddq_s32, x, y); }
inline S32 operator-(S32 x, S32 y) { return EDGEC_QUARTERS_2(vsubq_s32, x, y); }
inline S32 operator*(S32 x, S32 y) { return EDGEC_QUARTERS_2(vmulq_s32, x, y); }
inline S32 operator<<(S32 x, int n) {
  const S32 count = Fill(n);
  return EDGEC_QUARTERS_2(vshlq_s32, x, count);
}
inline S32 operator>>(S32 x, int n) { return x << -n; }

inline F32 ToF32(S32 x) { return EDGEC_QUARTERS_1(vcvtq_f32_s32, x); }
inline float32x4_t UnsignedToF32(int32x4_t x) { return vcvtq_f32_u32(vreinterpretq_u32_s32(x)); }
inline F32 UnsignedToF32(S32 x) { return EDGEC_QUARTERS_1(UnsignedToF32, x); }
inline S32 Bits(F32 x) { return EDGEC_QUARTERS_1(vreinterpretq_s32_f32, x); }
inline F32 FromBits(S32 x) { return EDGEC_QUARTERS_1(vreinterpretq_f32_s32, x); }

#ifdef __aarch64__
#define EDGEC_SIMD_FUSED 1
// x + y · z and x − y · z, rounded once.
inline F32 FusedAdd(F32 x, F32 y, F32 z) { return EDGEC_QUARTERS_3(vfmaq_f32, x, y, z); }
inline F32 FusedSubtract(F32 x, F32 y, F32 z) { return EDGEC_QUARTERS_3(vfmsq_f32, x, y, z); }
inline F32 operator/(F32 x, F32 y) { return EDGEC_QUARTERS_2(vdivq_f32, x, y); }
inline F32 Sqrt(F32 x) { return EDGEC_QUARTERS_1(vsqrtq_f32, x); }
inline S32 Round(F32 x) { return EDGEC_QUARTERS_1(vcvtnq_s32_f32, x); }
#else
// Lane by lane on VFP, which divides as IEEE 754 says.
inline F32 operator/(F32 x, F32 y) {
  float a[16], b[16];
  Store(a, x);
  Store(b, y);
  for (int i = 0; i < 16; ++i) a[i] /= b[i];
  return Load(a);
}
inline F32 Sqrt(F32 x) {
  float a[16];
  Store(a, x);
  for (int i = 0; i < 16; ++i) a[i] = __builtin_sqrtf(a[i]);
  return Load(a);
}
// The adder rounds half to even: see requant/requant.h.
inline S32 Round(F32 x) { return Bits(x + Fill(kRoundShift)) - Fill(kRoundShiftBits); }
#endif
#undef EDGEC_QUARTERS_1
#undef EDGEC_QUARTERS_2
#undef EDGEC_QUARTERS_3

inline S8 LoadS8(const int8_t* p) { return {vld1q_s8(p)}; }
inline void Store(int8_t* p, S8 a) { vst1q_s8(p, a.v); }
inline S8 Max(S8 a, S8 b) { return {vmaxq_s8(a.v, b.v)}; }

struct RangeLanes {
  float low, high;
  int16x8_t zero_point;
  int8x16_t qmin, qmax;
};
inline RangeLanes Fill(const S8Range& range) {
  return {range.low, range.high, vdupq_n_s16(static_cast<int16_t>(range.zero_point)),
          vdupq_n_s8(QMin(range)), vdupq_n_s8(QMax(range))};
}
// Saturates at each step, which clamps to within int16 and int8, and then to the range.
inline S8 Narrow(S32 x, const RangeLanes& range) {
  const int16x8_t lo = vcombine_s16(vqmovn_s32(x.a), vqmovn_s32(x.b));
  const int16x8_t hi = vcombine_s16(vqmovn_s32(x.c), vqmovn_s32(x.d));
  const int8x16_t s8 = vcombine_s8(vqmovn_s16(vqaddq_s16(lo, range.zero_point)),
                                   vqmovn_s16(vqaddq_s16(hi, range.zero_point)));
  return {vminq_s8(vmaxq_s8(s8, range.qmin), range.qmax)};
}
#ifdef __aarch64__
inline S8 RoundToRange(F32 x, const RangeLanes& range) { return Narrow(Round(x), range); }
#else
// Round holds for small values only, and makes a number of NaN.
inline S8 RoundToRange(F32 x, const RangeLanes& range) {
  const F32 number = Select(IsNan(x), Fill(0.0f), x);
  return Narrow(Round(Min(Fill(range.high), Max(Fill(range.low), number))), range);
}
#endif

inline int32_t MaxLanes(S8 a) {
#ifdef __aarch64__
  return vmaxvq_s8(a.v);
#else
  int8x8_t most = vpmax_s8(vget_low_s8(a.v), vget_high_s8(a.v));
  for (int i = 0; i < 3; ++i) most = vpmax_s8(most, most);
  return vget_lane_s8(most, 0);
#endif
}

// Σ q and Σ q² of up to 2^16 int8, so that all lanes together fit int32.
struct Moments {
  int32x4_t sum, squares;
};
inline Moments NoMoments() { return {vdupq_n_s32(0), vdupq_n_s32(0)}; }
inline void Add(Moments* m, S8 q) {
  const int8x8_t lo = vget_low_s8(q.v), hi = vget_high_s8(q.v);
  m->sum = vpadalq_s16(m->sum, vpaddlq_s8(q.v));
  m->squares = vpadalq_s16(m->squares, vmull_s8(lo, lo));
  m->squares = vpadalq_s16(m->squares, vmull_s8(hi, hi));
}
inline S32 Among(int32x4_t a) { return {a, vdupq_n_s32(0), vdupq_n_s32(0), vdupq_n_s32(0)}; }
inline S32 SumOf(const Moments& m) { return Among(m.sum); }
inline S32 SquaresOf(const Moments& m) { return Among(m.squares); }

using Bytes = S8;  // as many int8 as a register holds, for maxima
inline Bytes LoadBytes(const int8_t* p) { return LoadS8(p); }

}  // namespace
}  // namespace edgec

#include "kernels/simd/lanes.h"

#endif  // EDGEC_KERNELS_SIMD_NEON_H_
