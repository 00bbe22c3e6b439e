// How an int32 accumulator becomes int8, for every int8 kernel:
//
//     y = int8(rne(clamp(f32(acc) · mult[channel], low, high)) + zero_point)
//
// rne rounds half to even; each f32 operation is rounded by itself, never fused
// (edgec/format/spec.md, Arithmetic). Here is the scalar form; requant_<isa>.h holds the same for
// 16 channels in registers. Everything in these headers is static: files with different compiler
// flags must not share code.
#ifndef EDGEC_KERNELS_REQUANT_REQUANT_H_
#define EDGEC_KERNELS_REQUANT_REQUANT_H_

#include <cstdint>
#include <cstring>

namespace edgec {

// The last parameter of a kernel that requantizes. |zero_point|, qmin and qmax lie in [−128, 127].
struct RequantS8 {
  const float* mult;  // one per output channel, padded to a multiple of 16
  float low;          // qmin − zero_point
  float high;         // qmax − zero_point
  int32_t zero_point;
  bool fits_int32 = false;  // every |mult| < 1, so that no f32(acc) · mult is beyond int32
  // For whatever input: every |acc| < 2^22, and every f32(acc) · mult rounds to an int16.
  bool fits_int16 = false;
  bool unit_mult = false;  // every mult in [0, 1)
};

static inline RequantS8 MakeRequantS8(const float* mult, int32_t zero_point, int32_t qmin,
                                      int32_t qmax) {
  return {mult,
          static_cast<float>(qmin - zero_point),
          static_cast<float>(qmax - zero_point),
          zero_point,
          false,
          false,
          false};
}

// A float below 2^22 in magnitude plus 1.5 · 2^23 has its integer part, rounded half to even, in
// the low bits of the mantissa. Unlike lrintf this is one addition on every CPU, also on ARMv7.
constexpr float kRoundShift = 12582912.0f;
constexpr int32_t kRoundShiftBits = 0x4B400000;

static inline int8_t RequantizeS8(int32_t acc, float mult, const RequantS8& q) {
  float real = static_cast<float>(acc) * mult;
  real = real < q.low ? q.low : real;
  real = real > q.high ? q.high : real;
  real += kRoundShift;
  int32_t bits;
  std::memcpy(&bits, &real, sizeof(bits));
  return static_cast<int8_t>(bits - kRoundShiftBits + q.zero_point);
}

}  // namespace edgec
#endif  // EDGEC_KERNELS_REQUANT_REQUANT_H_
