// Rows of values that find mistakes: random ones, and those at the ends of the range.
#ifndef EDGEC_TESTS_ROW_VALUES_H_
#define EDGEC_TESTS_ROW_VALUES_H_

#include <cmath>
#include <cstring>

#include "kernel_test.h"

namespace edgec_test {

enum class Fill8 { kRandom, kLowest, kHighest, kEnds };
constexpr Fill8 kFills8[] = {Fill8::kRandom, Fill8::kLowest, Fill8::kHighest, Fill8::kEnds};

inline void FillRow(Random& random, Fill8 fill, size_t n, int8_t* row) {
  for (size_t i = 0; i < n; ++i) {
    switch (fill) {
      case Fill8::kRandom:
        row[i] = static_cast<int8_t>(random.Within(-128, 127));
        break;
      case Fill8::kLowest:
        row[i] = -128;
        break;
      case Fill8::kHighest:
        row[i] = 127;
        break;
      case Fill8::kEnds:
        row[i] = random.Next() % 2 ? 127 : -128;
        break;
    }
  }
}

// Uniform in [low, high], with all the bits that a float has.
inline float Between(Random& random, float low, float high) {
  return low + (high - low) * (static_cast<float>(random.Next() >> 8) / 16777216.0f);
}

inline void FillRow(Random& random, float low, float high, size_t n, float* row) {
  for (size_t i = 0; i < n; ++i) row[i] = Between(random, low, high);
}

// The same bits; any NaN equals any other.
inline bool SameFloat(float a, float b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  return std::memcmp(&a, &b, sizeof(a)) == 0;
}

// |a − b| within `relative` of b, or within `absolute`; infinities and NaN must be the same.
inline bool IsClose(double a, double b, double relative, double absolute) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  if (std::isinf(a) || std::isinf(b)) return a == b;
  return std::fabs(a - b) <= std::max(relative * std::fabs(b), absolute);
}

// Round half to even and clamp as edgec/format/spec.md has it.
inline int8_t RoundToInt8(float real, int32_t zp, int32_t qmin, int32_t qmax) {
  if (std::isnan(real)) real = 0.0f;
  const float low = static_cast<float>(qmin - zp), high = static_cast<float>(qmax - zp);
  const float clamped = std::min(std::max(real, low), high);
  return static_cast<int8_t>(static_cast<int32_t>(std::nearbyint(clamped)) + zp);
}

}  // namespace edgec_test

#endif  // EDGEC_TESTS_ROW_VALUES_H_
