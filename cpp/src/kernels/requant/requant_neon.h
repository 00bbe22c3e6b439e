// Requantization of 16 channels in four NEON registers. Two ways to the same bytes:
//
//   AArch64 without dot product (Cortex-A53, A72): fcvtns rounds half to even and saturates, as do
//   the narrowing moves behind it; the clamp waits until 16 channels fit one register.
//
//   the others: adding kRoundShift leaves the rounded value in the low bits (requant.h). fcvtns
//   occupies one of the two pipes of a Cortex-A76 for two cycles, and ARMv7 lacks it. The clamp
//   comes after the addition, on the bits as integers, which are ordered like the floats: sums far
//   out of range, infinities too, stay beyond the bounds, and negative floats are negative
//   integers.
#ifndef EDGEC_KERNELS_REQUANT_REQUANT_NEON_H_
#define EDGEC_KERNELS_REQUANT_REQUANT_NEON_H_

#include <arm_neon.h>

#include "kernels/requant/requant.h"
#include "kernels/requant/tail.h"

namespace edgec {

#if defined(__aarch64__) && !defined(__ARM_FEATURE_DOTPROD)

// Channels of two registers as int16, with the zero point.
static inline int16x8_t RequantizeS16x8Neon(int32x4_t acc_0, int32x4_t acc_4, const float* mult,
                                            const RequantS8& q) {
  const int32x4_t q_0 = vcvtnq_s32_f32(vmulq_f32(vcvtq_f32_s32(acc_0), vld1q_f32(mult)));
  const int32x4_t q_4 = vcvtnq_s32_f32(vmulq_f32(vcvtq_f32_s32(acc_4), vld1q_f32(mult + 4)));
  const int16x8_t both = vqmovn_high_s32(vqmovn_s32(q_0), q_4);
  return vqaddq_s16(both, vdupq_n_s16(static_cast<int16_t>(q.zero_point)));
}

// acc[i] holds channels 4·i .. 4·i+3; `mult` points to the first channel's.
static inline int8x16_t RequantizeS8x16Neon(const int32x4_t* acc, const float* mult,
                                            const RequantS8& q) {
  const int16x8_t q_0 = RequantizeS16x8Neon(acc[0], acc[1], mult, q);
  const int16x8_t q_8 = RequantizeS16x8Neon(acc[2], acc[3], mult + 8, q);
  const int8x16_t value = vqmovn_high_s16(vqmovn_s16(q_0), q_8);
  const int8_t qmin = static_cast<int8_t>(static_cast<int32_t>(q.low) + q.zero_point);
  const int8_t qmax = static_cast<int8_t>(static_cast<int32_t>(q.high) + q.zero_point);
  return vminq_s8(vmaxq_s8(value, vdupq_n_s8(qmin)), vdupq_n_s8(qmax));
}

#else

// The low 8 and 16 bits of the result are the value, without the zero point.
static inline int32x4_t RequantizeBitsS8x4Neon(int32x4_t acc, const float* mult,
                                               const RequantS8& q) {
  const float32x4_t real = vmulq_f32(vcvtq_f32_s32(acc), vld1q_f32(mult));
  const int32x4_t bits = vreinterpretq_s32_f32(vaddq_f32(real, vdupq_n_f32(kRoundShift)));
  const int32x4_t low = vreinterpretq_s32_f32(vdupq_n_f32(q.low + kRoundShift));
  const int32x4_t high = vreinterpretq_s32_f32(vdupq_n_f32(q.high + kRoundShift));
  return vminq_s32(vmaxq_s32(bits, low), high);
}

// acc[i] holds channels 4·i .. 4·i+3; `mult` points to the first channel's.
static inline int8x16_t RequantizeS8x16Neon(const int32x4_t* acc, const float* mult,
                                            const RequantS8& q) {
  const int16x4_t q_0 = vmovn_s32(RequantizeBitsS8x4Neon(acc[0], mult, q));
  const int16x4_t q_4 = vmovn_s32(RequantizeBitsS8x4Neon(acc[1], mult + 4, q));
  const int16x4_t q_8 = vmovn_s32(RequantizeBitsS8x4Neon(acc[2], mult + 8, q));
  const int16x4_t q_12 = vmovn_s32(RequantizeBitsS8x4Neon(acc[3], mult + 12, q));
  const int8x16_t value =
      vcombine_s8(vmovn_s16(vcombine_s16(q_0, q_4)), vmovn_s16(vcombine_s16(q_8, q_12)));
  return vaddq_s8(value, vdupq_n_s8(static_cast<int8_t>(q.zero_point)));
}

#endif

#if defined(__ARM_FEATURE_DOTPROD)

// Narrower sums, whose conversions cost nothing (RequantS8::fits_int16). They start at
// kRoundShiftBits more than the bias. As |acc| < 2^22, kRoundShiftBits + acc are the bits of a
// float between 2^23 and 2^24, where floats are the integers: kRoundShift + acc. Subtracting
// kRoundShift is exact and leaves f32(acc), as scvtf would, which occupies a pipe of a Cortex-A76
// for two cycles. After the product, adding kRoundShift leaves the rounded value in the low bits;
// int16 holds it, so 8 channels are clamped at once.
//
//   bits of kRoundShift + acc ─ − kRoundShift ─ · mult ─ + kRoundShift ─► │ 4B40 │ value │

// What sums of 16 columns start at.
static inline void ShiftBiasS8x16Neon(const int32_t* bias, int32_t* start) {
  for (size_t i = 0; i < 16; i += 4) {
    vst1q_s32(start + i, vaddq_s32(vld1q_s32(bias + i), vdupq_n_s32(kRoundShiftBits)));
  }
}

static inline int16x8_t RequantizeShiftedS16x8Neon(int32x4_t acc_0, int32x4_t acc_4,
                                                   const float* mult, const RequantS8& q) {
  const float32x4_t shift = vdupq_n_f32(kRoundShift);
  const float32x4_t real_0 = vsubq_f32(vreinterpretq_f32_s32(acc_0), shift);
  const float32x4_t real_4 = vsubq_f32(vreinterpretq_f32_s32(acc_4), shift);
  const float32x4_t bits_0 = vaddq_f32(vmulq_f32(real_0, vld1q_f32(mult)), shift);
  const float32x4_t bits_4 = vaddq_f32(vmulq_f32(real_4, vld1q_f32(mult + 4)), shift);
  const int16x8_t value = vuzp1q_s16(vreinterpretq_s16_f32(bits_0), vreinterpretq_s16_f32(bits_4));
  const int16x8_t low = vdupq_n_s16(static_cast<int16_t>(q.low));
  return vminq_s16(vmaxq_s16(value, low), vdupq_n_s16(static_cast<int16_t>(q.high)));
}

// As RequantizeS8x16Neon, of sums that started at ShiftBiasS8x16Neon's. q.fits_int16 holds.
static inline int8x16_t RequantizeShiftedS8x16Neon(const int32x4_t* acc, const float* mult,
                                                   const RequantS8& q) {
  const int16x8_t q_0 = RequantizeShiftedS16x8Neon(acc[0], acc[1], mult, q);
  const int16x8_t q_8 = RequantizeShiftedS16x8Neon(acc[2], acc[3], mult + 8, q);
  const int8x16_t value = vuzp1q_s8(vreinterpretq_s8_s16(q_0), vreinterpretq_s8_s16(q_8));
  return vaddq_s8(value, vdupq_n_s8(static_cast<int8_t>(q.zero_point)));
}

#endif

// Sums of products start where their end is cheap: at the bias and more. What the forms cost, in
// instructions for 4 channels before they are narrowed:
//
//   kAny      the bias alone                                   scvtf  fmul  +  clamp      5
//   kShifted  RequantizeShiftedS16x8Neon; RequantS8::fits_int16  fsub  fmul  fadd           3
//   kRelu     the same, and the clamp is [zero_point, 127]            fmla  fadd           2
//             with zero_point = -128, as a ReLU has it
//
// kRelu: sums start at 2^23 more, F = 2^23 + acc as a float's bits where acc >= 0. One fmla rounds
// F * mult - 2^23 * mult once: the exact acc * mult in f32, for -2^23 * mult is exact, too. Below
// 2^23 floats lie twice as dense, so a negative sum counts half; it becomes zero all the same.
enum class RequantForm { kAny, kShifted, kRelu };

constexpr float kReluShift = 8388608.0f;
constexpr int32_t kReluShiftBits = 0x4B000000;

// kAny also where the clamp is not the whole of int8: saturation is the clamp of the others.
static inline RequantForm RequantFormOf(const RequantS8& q) {
  const float zero_point = static_cast<float>(q.zero_point);
  const bool whole = q.low + zero_point == -128.0f && q.high + zero_point == 127.0f;
  if (!q.fits_int16 || !whole) return RequantForm::kAny;
  return q.unit_mult && q.zero_point == -128 ? RequantForm::kRelu : RequantForm::kShifted;
}

static inline int32_t StartShift(RequantForm form) {
  if (form == RequantForm::kAny) return 0;
  return form == RequantForm::kRelu ? kReluShiftBits : kRoundShiftBits;
}

// -2^23 times the multipliers of 16 channels.
static inline void SetReluStarts(const float* mult, float* minus) {
  float32x4_t product[4];
  for (size_t i = 0; i < 4; ++i) product[i] = vmulq_n_f32(vld1q_f32(mult + 4 * i), -kReluShift);
  for (size_t i = 0; i < 4; ++i) vst1q_f32(minus + 4 * i, product[i]);
}

static inline int16x8_t LowHalvesNeon(float32x4_t bits_0, float32x4_t bits_4) {
#if defined(__ARM_FEATURE_DOTPROD)
  return vuzp1q_s16(vreinterpretq_s16_f32(bits_0), vreinterpretq_s16_f32(bits_4));
#else
  const int32x4_t low = vreinterpretq_s32_f32(bits_0), high = vreinterpretq_s32_f32(bits_4);
#if defined(__aarch64__)  // two moves, which GCC would join: uzp1 is dearer on a Cortex-A72
  int16x4_t first = vmovn_s32(low);
  __asm__("" : "+w"(first));
  return vmovn_high_s32(first, high);
#else
  return vcombine_s16(vmovn_s32(low), vmovn_s32(high));
#endif
#endif
}

// Channels of two registers as int16, with the zero point.
template <RequantForm kForm>
static inline int16x8_t RequantizeFormS16x8Neon(int32x4_t acc_0, int32x4_t acc_4, const float* mult,
                                                const float* minus, const RequantS8& q) {
  const float32x4_t f_0 = vreinterpretq_f32_s32(acc_0), f_4 = vreinterpretq_f32_s32(acc_4);
  const float32x4_t mult_0 = vld1q_f32(mult), mult_4 = vld1q_f32(mult + 4);
  if (kForm == RequantForm::kRelu) {
    // The zero point is even, so ties still go to even results.
    const float32x4_t shift = vdupq_n_f32(kRoundShift - 128.0f);
    // Loaded again for each row: fmla destroys, and a copy takes a vector pipe.
    __asm__ volatile("" : "+r"(minus));
    return LowHalvesNeon(vaddq_f32(vfmaq_f32(vld1q_f32(minus), f_0, mult_0), shift),
                         vaddq_f32(vfmaq_f32(vld1q_f32(minus + 4), f_4, mult_4), shift));
  }
  const float32x4_t shift = vdupq_n_f32(kRoundShift);
  const float32x4_t bits_0 = vaddq_f32(vmulq_f32(vsubq_f32(f_0, shift), mult_0), shift);
  const float32x4_t bits_4 = vaddq_f32(vmulq_f32(vsubq_f32(f_4, shift), mult_4), shift);
  return vqaddq_s16(LowHalvesNeon(bits_0, bits_4), vdupq_n_s16(static_cast<int16_t>(q.zero_point)));
}

static inline int8x16_t SaturateS8x16Neon(int16x8_t low, int16x8_t high) {
#if defined(__aarch64__)
  return vqmovn_high_s16(vqmovn_s16(low), high);
#else
  return vcombine_s8(vqmovn_s16(low), vqmovn_s16(high));
#endif
}

// As RequantizeS8x16Neon, of sums that started at StartShift more; minus: SetReluStarts.
template <RequantForm kForm>
static inline int8x16_t RequantizeFormS8x16Neon(const int32x4_t* acc, const float* mult,
                                                const float* minus, const RequantS8& q) {
  if (kForm == RequantForm::kAny) return RequantizeS8x16Neon(acc, mult, q);
  return SaturateS8x16Neon(RequantizeFormS16x8Neon<kForm>(acc[0], acc[1], mult, minus, q),
                           RequantizeFormS16x8Neon<kForm>(acc[2], acc[3], mult + 8, minus + 8, q));
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

// Out of line, so that the registers of a kernel's loop are not planned around it.
__attribute__((noinline, cold)) static void StoreTailS8Neon(int8_t* to, int8x16_t value, size_t n) {
  StoreS8Neon(to, value, n);
}

// The first n of 16 channels of m rows that lie together.
static inline void CopyRowsS8Neon(const int8_t* rows, size_t m, int8_t* to, size_t stride,
                                  size_t n) {
  for (size_t i = 0; i < m; ++i) StoreTailS8Neon(to + i * stride, vld1q_s8(rows + 16 * i), n);
}

// The first n of 16 channels of each row.
template <size_t kRows>
static inline void StoreRowsS8Neon(int8_t* to, size_t stride, const int8x16_t* rows, size_t n) {
  if (n >= 16) {
#pragma GCC unroll 8
    for (size_t i = 0; i < kRows; ++i) vst1q_s8(to + i * stride, rows[i]);
    return;
  }
#pragma GCC unroll 8
  for (size_t i = 0; i < kRows; ++i) StoreTailS8Neon(to + i * stride, rows[i], n);
}

}  // namespace edgec
#endif  // EDGEC_KERNELS_REQUANT_REQUANT_NEON_H_
