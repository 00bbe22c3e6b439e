// The weights of a 3×3 convolution in Winograd's form: kernels/winograd_s8/winograd_s8.h has the
// mathematics.
#ifndef EDGEC_OPS_WINOGRAD_WEIGHTS_H_
#define EDGEC_OPS_WINOGRAD_WEIGHTS_H_

#include "ops/conv2d_igemm.h"

namespace edgec {

// Whether every accumulator of every x lies in −2^25 .. 2^25 − 1, so that Winograd is exact.
// bias: that of the file.
bool WinogradIsExact(const Conv2dTask<int8_t>& task, const int32_t* bias);

// How many int16 there are of u, for `columns` rounded up to 16 and channels to 8.
uint64_t WinogradWeightCount(uint64_t channels, uint64_t columns);

// Fills u: G g Gᵀ of every channel and column, `pair` channels (1 or 2) together. u holds zeros
// before.
void TransformWeights(const Conv2dTask<int8_t>& task, size_t pair, int16_t* u);

}  // namespace edgec
#endif  // EDGEC_OPS_WINOGRAD_WEIGHTS_H_
