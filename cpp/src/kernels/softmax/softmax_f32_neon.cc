#include "kernels/simd/neon.h"
// The loop over these lanes.
#include "kernels/softmax/lanes.h"

namespace edgec {

void softmax_f32_neon(size_t n, const float* x, float* out) { SoftmaxF32Lanes(n, x, out); }

}  // namespace edgec
