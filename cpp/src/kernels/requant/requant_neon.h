// Requantization of 16 channels in four NEON registers, on AArch64 and ARMv7 alike: ARMv7 cannot
// round half to even in one instruction, so both add kRoundShift (see requant.h), which also takes
// the zero point along for free.
#ifndef EDGEC_KERNELS_REQUANT_REQUANT_NEON_H_
#define EDGEC_KERNELS_REQUANT_REQUANT_NEON_H_

#include <arm_neon.h>

#include "kernels/requant/requant.h"
#include "kernels/requant/tail.h"

namespace edgec {

static inline int32x4_t RequantizeS8x4Neon(int32x4_t acc, const float* mult, const RequantS8& q) {
  float32x4_t real = vmulq_f32(vcvtq_f32_s32(acc), vld1q_f32(mult));
  real = vminq_f32(vmaxq_f32(real, vdupq_n_f32(q.low)), vdupq_n_f32(q.high));
  const int32x4_t bits = vreinterpretq_s32_f32(vaddq_f32(real, vdupq_n_f32(kRoundShift)));
  return vsubq_s32(bits, vdupq_n_s32(kRoundShiftBits - q.zero_point));
}

// acc[i] holds channels 4·i .. 4·i+3; `mult` points to the first channel's.
static inline int8x16_t RequantizeS8x16Neon(const int32x4_t* acc, const float* mult,
                                            const RequantS8& q) {
  const int16x4_t q_0 = vmovn_s32(RequantizeS8x4Neon(acc[0], mult, q));
  const int16x4_t q_4 = vmovn_s32(RequantizeS8x4Neon(acc[1], mult + 4, q));
  const int16x4_t q_8 = vmovn_s32(RequantizeS8x4Neon(acc[2], mult + 8, q));
  const int16x4_t q_12 = vmovn_s32(RequantizeS8x4Neon(acc[3], mult + 12, q));
  return vcombine_s8(vmovn_s16(vcombine_s16(q_0, q_4)), vmovn_s16(vcombine_s16(q_8, q_12)));
}

// The first n of 16; reads nothing past them.
static inline int8x16_t LoadS8Neon(const int8_t* from, size_t n) {
  if (n >= 16) return vld1q_s8(from);
  const Bytes16 bytes = LoadTail(from, n);
  return vcombine_s8(vcreate_s8(bytes.low), vcreate_s8(bytes.high));
}

static inline void StoreS8Neon(int8_t* to, int8x16_t value, size_t n) {
  if (n >= 16) return vst1q_s8(to, value);
  const uint64x2_t halves = vreinterpretq_u64_s8(value);
  StoreTail(to, {vgetq_lane_u64(halves, 0), vgetq_lane_u64(halves, 1)}, n);
}

}  // namespace edgec
#endif  // EDGEC_KERNELS_REQUANT_REQUANT_NEON_H_
