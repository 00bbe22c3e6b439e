#include "ops/sum_bounds.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace edgec {
namespace {

constexpr double kNarrowSum = 4194304.0;  // 2^22
constexpr double kNarrowValue = 32767.0;
constexpr size_t kMostDepth = 2000;  // 128 · 2000 / 4 fits 16 bits

bool FitsInt16(double most_sum, float mult) {
  return most_sum < kNarrowSum && most_sum * std::abs(double{mult}) < kNarrowValue;
}

bool FitsInt16(double magnitude, int32_t bias, float mult) {
  return FitsInt16(std::abs(static_cast<double>(bias)) + 128.0 * magnitude, mult);
}

}  // namespace

bool IgemmSumsFitInt16(const int8_t* w, size_t blocks, size_t depth, const int32_t* bias,
                       const float* mult) {
  if (depth > kMostDepth) return false;
  for (size_t block = 0; block < blocks; ++block) {
    uint16_t sums[64] = {};  // of known length, which compilers turn into vectors
    for (size_t p = 0; p < depth; p += 4, w += 64) {
      for (size_t i = 0; i < 64; ++i) sums[i] = static_cast<uint16_t>(sums[i] + std::abs(w[i]));
    }
    for (size_t j = 0; j < 16; ++j, ++bias, ++mult) {
      const int32_t magnitude = sums[4 * j] + sums[4 * j + 1] + sums[4 * j + 2] + sums[4 * j + 3];
      if (!FitsInt16(magnitude, *bias, *mult)) return false;
    }
  }
  return true;
}

bool DepthwiseSumsFitInt16(const int8_t* w, size_t blocks, size_t taps, const int32_t* bias,
                           const float* mult) {
  for (size_t j = 0; j < 16 * blocks; ++j) {
    const int8_t* of_channel = w + j / 16 * taps * 16 + j % 16;
    double magnitude = 0;
    for (size_t t = 0; t < taps; ++t) magnitude += std::abs(of_channel[16 * t]);
    if (!FitsInt16(magnitude, bias[j], mult[j])) return false;
  }
  return true;
}

bool ProductSumsFitInt16(size_t k, int32_t zp_a, int32_t zp_b, float mult) {
  const double most_a = 128.0 + std::abs(zp_a), most_b = 128.0 + std::abs(zp_b);
  return FitsInt16(static_cast<double>(k) * most_a * most_b, mult);
}

}  // namespace edgec
