// How sure logits are, in whole numbers: spec.md, Early exits.
#ifndef EDGEC_BASE_SOFTMAX_SUM_H_
#define EDGEC_BASE_SOFTMAX_SUM_H_

#include <cstdint>

namespace edgec {

constexpr uint32_t kSoftmaxEntries = 1024;     // of the table of exponentials
constexpr uint64_t kSoftmaxMostLogits = 4095;  // so that the sum stays below 2^32

// Σ exp(x − max) over `count` logits, in the table's fixed point.
uint64_t SoftmaxSum(const float* logits, uint64_t count, const uint32_t* table);

}  // namespace edgec
#endif  // EDGEC_BASE_SOFTMAX_SUM_H_
