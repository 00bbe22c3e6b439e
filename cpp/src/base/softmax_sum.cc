#include "base/softmax_sum.h"

#include <cmath>

namespace edgec {

constexpr float kSteps = 64.0f;  // table entries for a difference of 1

uint64_t SoftmaxSum(const float* logits, uint64_t count, const uint32_t* table) {
  float largest = -INFINITY;
  for (uint64_t i = 0; i < count; ++i) {
    if (logits[i] > largest) largest = logits[i];
  }
  uint64_t sum = 0;
  for (uint64_t i = 0; i < count; ++i) {
    float index = (largest - logits[i]) * kSteps;
    if (!(index > 0)) index = 0;  // NaN too
    if (index > kSoftmaxEntries - 1) index = kSoftmaxEntries - 1;
    sum += table[static_cast<uint32_t>(std::nearbyintf(index))];
  }
  return sum;
}

}  // namespace edgec
