// How large the sums of an int8 product can become, for whatever input: found at load, so that
// kernels may requantize narrow sums with fewer instructions (RequantS8::fits_int16).
//
//     |acc| ≤ |bias[j]| + 128 · Σ|w[j]|
#ifndef EDGEC_OPS_SUM_BOUNDS_H_
#define EDGEC_OPS_SUM_BOUNDS_H_

#include <cstddef>
#include <cstdint>

#include "kernels/requant/requant.h"

namespace edgec {

// Of products with w in s8_16c4: `blocks` of 16 columns, `depth` a multiple of 4. False for depths
// beyond 2000, whose requantization hardly counts.
bool IgemmSumsFitInt16(const int8_t* w, size_t blocks, size_t depth, const int32_t* bias,
                       const float* mult);

// Of a depthwise convolution with w in dw16: `blocks` of 16 channels.
bool DepthwiseSumsFitInt16(const int8_t* w, size_t blocks, size_t taps, const int32_t* bias,
                           const float* mult);

// Of k products of any (a − zp_a) and (b − zp_b).
bool ProductSumsFitInt16(size_t k, int32_t zp_a, int32_t zp_b, float mult);

}  // namespace edgec
#endif  // EDGEC_OPS_SUM_BOUNDS_H_
