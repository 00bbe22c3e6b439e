// float32 to int8 in the scalar form: rne(clamp(value)) + zero_point, for results that are not an
// int32 accumulator times one multiplier per channel (those have requant/requant.h).
#ifndef EDGEC_KERNELS_SIMD_S8_RANGE_H_
#define EDGEC_KERNELS_SIMD_S8_RANGE_H_

#include "kernels/requant/requant.h"

namespace edgec {

// Where an int8 result may lie. low = qmin − zero_point, high = qmax − zero_point.
struct S8Range {
  float low;
  float high;
  int32_t zero_point;
};

static inline S8Range MakeS8Range(int32_t zero_point, int32_t qmin, int32_t qmax) {
  return {static_cast<float>(qmin - zero_point), static_cast<float>(qmax - zero_point), zero_point};
}

static inline int8_t QMin(const S8Range& range) {
  return static_cast<int8_t>(static_cast<int32_t>(range.low) + range.zero_point);
}
static inline int8_t QMax(const S8Range& range) {
  return static_cast<int8_t>(static_cast<int32_t>(range.high) + range.zero_point);
}

// clamp(value + zero_point), where the sum fits int32.
static inline int8_t ClampToS8(int32_t value, const S8Range& range) {
  const int32_t q = value + range.zero_point, qmin = QMin(range), qmax = QMax(range);
  return static_cast<int8_t>(q < qmin ? qmin : q > qmax ? qmax : q);
}

// NaN counts as 0.
static inline int8_t RoundToS8(float value, const S8Range& range) {
  float real = value == value ? value : 0.0f;
  real = real < range.low ? range.low : real;
  real = real > range.high ? range.high : real;
  real += kRoundShift;
  int32_t bits;
  std::memcpy(&bits, &real, sizeof(bits));
  return static_cast<int8_t>(bits - kRoundShiftBits + range.zero_point);
}

}  // namespace edgec
#endif  // EDGEC_KERNELS_SIMD_S8_RANGE_H_
