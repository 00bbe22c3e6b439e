// Eight lanes with NEON, as two registers of four: ARMv8, and ARMv7, which lacks vector divide,
// square root and rounding to nearest, and flushes denormals. See README.md for the contract.
#ifndef EDGEC_KERNELS_SIMD_NEON_H_
#define EDGEC_KERNELS_SIMD_NEON_H_

#include <arm_neon.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "kernels/requant/requant.h"

namespace edgec {
namespace {

struct F32 {
  float32x4_t lo, hi;
};
struct S32 {
  int32x4_t lo, hi;
};
struct Mask {
  uint32x4_t lo, hi;
};

inline F32 Fill(float a) { return {vdupq_n_f32(a), vdupq_n_f32(a)}; }
inline F32 Load(const float* p) { return {vld1q_f32(p), vld1q_f32(p + 4)}; }
inline void Store(float* p, F32 a) {
  vst1q_f32(p, a.lo);
  vst1q_f32(p + 4, a.hi);
}
inline F32 operator+(F32 a, F32 b) { return {vaddq_f32(a.lo, b.lo), vaddq_f32(a.hi, b.hi)}; }
inline F32 operator-(F32 a, F32 b) { return {vsubq_f32(a.lo, b.lo), vsubq_f32(a.hi, b.hi)}; }
inline F32 operator*(F32 a, F32 b) { return {vmulq_f32(a.lo, b.lo), vmulq_f32(a.hi, b.hi)}; }
inline F32 operator-(F32 a) { return {vnegq_f32(a.lo), vnegq_f32(a.hi)}; }
inline F32 Abs(F32 a) { return {vabsq_f32(a.lo), vabsq_f32(a.hi)}; }
inline Mask operator<(F32 a, F32 b) { return {vcltq_f32(a.lo, b.lo), vcltq_f32(a.hi, b.hi)}; }
inline Mask IsNan(F32 a) {
  return {vmvnq_u32(vceqq_f32(a.lo, a.lo)), vmvnq_u32(vceqq_f32(a.hi, a.hi))};
}
inline F32 Select(Mask m, F32 a, F32 b) {
  return {vbslq_f32(m.lo, a.lo, b.lo), vbslq_f32(m.hi, a.hi, b.hi)};
}
inline F32 Max(F32 a, F32 b) { return Select(b < a, a, b); }
inline F32 Min(F32 a, F32 b) { return Select(a < b, a, b); }

inline S32 Fill(int32_t a) { return {vdupq_n_s32(a), vdupq_n_s32(a)}; }
inline S32 Load(const int32_t* p) { return {vld1q_s32(p), vld1q_s32(p + 4)}; }
inline S32 Load(const int8_t* p) {
  const int16x8_t s16 = vmovl_s8(vld1_s8(p));
  return {vmovl_s16(vget_low_s16(s16)), vmovl_s16(vget_high_s16(s16))};
}
inline void Store(int32_t* p, S32 a) {
  vst1q_s32(p, a.lo);
  vst1q_s32(p + 4, a.hi);
}
inline void Store(int8_t* p, S32 a) {
  vst1_s8(p, vmovn_s16(vcombine_s16(vmovn_s32(a.lo), vmovn_s32(a.hi))));
}
inline S32 operator+(S32 a, S32 b) { return {vaddq_s32(a.lo, b.lo), vaddq_s32(a.hi, b.hi)}; }
inline S32 operator-(S32 a, S32 b) { return {vsubq_s32(a.lo, b.lo), vsubq_s32(a.hi, b.hi)}; }
inline S32 operator*(S32 a, S32 b) { return {vmulq_s32(a.lo, b.lo), vmulq_s32(a.hi, b.hi)}; }
inline S32 operator<<(S32 a, int n) {
  return {vshlq_s32(a.lo, vdupq_n_s32(n)), vshlq_s32(a.hi, vdupq_n_s32(n))};
}
inline S32 operator>>(S32 a, int n) { return a << -n; }
inline S32 Max(S32 a, S32 b) { return {vmaxq_s32(a.lo, b.lo), vmaxq_s32(a.hi, b.hi)}; }
inline S32 Min(S32 a, S32 b) { return {vminq_s32(a.lo, b.lo), vminq_s32(a.hi, b.hi)}; }

inline F32 ToF32(S32 a) { return {vcvtq_f32_s32(a.lo), vcvtq_f32_s32(a.hi)}; }
inline S32 Bits(F32 a) { return {vreinterpretq_s32_f32(a.lo), vreinterpretq_s32_f32(a.hi)}; }
inline F32 FromBits(S32 a) { return {vreinterpretq_f32_s32(a.lo), vreinterpretq_f32_s32(a.hi)}; }

#ifdef __aarch64__
inline F32 operator/(F32 a, F32 b) { return {vdivq_f32(a.lo, b.lo), vdivq_f32(a.hi, b.hi)}; }
inline F32 Sqrt(F32 a) { return {vsqrtq_f32(a.lo), vsqrtq_f32(a.hi)}; }
inline S32 Round(F32 a) { return {vcvtnq_s32_f32(a.lo), vcvtnq_s32_f32(a.hi)}; }
#else
// Lane by lane on VFP, which divides as IEEE 754 says.
inline F32 operator/(F32 a, F32 b) {
  float x[8], y[8];
  Store(x, a);
  Store(y, b);
  for (int i = 0; i < 8; ++i) x[i] /= y[i];
  return Load(x);
}
inline F32 Sqrt(F32 a) {
  float x[8];
  Store(x, a);
  for (int i = 0; i < 8; ++i) x[i] = __builtin_sqrtf(x[i]);
  return Load(x);
}
// The adder rounds half to even: see requant/requant.h.
inline S32 Round(F32 a) { return Bits(a + Fill(kRoundShift)) - Fill(kRoundShiftBits); }
#endif

// Sixteen int8, for maxima.
struct S8 {
  int8x16_t v;
};
inline S8 LoadS8(const int8_t* p) { return {vld1q_s8(p)}; }
inline void StoreS8(int8_t* p, S8 a) { vst1q_s8(p, a.v); }
inline S8 Max(S8 a, S8 b) { return {vmaxq_s8(a.v, b.v)}; }

}  // namespace
}  // namespace edgec

#include "kernels/simd/lanes.h"

#endif  // EDGEC_KERNELS_SIMD_NEON_H_
