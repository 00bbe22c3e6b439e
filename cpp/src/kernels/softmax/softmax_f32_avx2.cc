#include "kernels/simd/avx2.h"
// The loop over these lanes.
#include "kernels/softmax/lanes.h"

namespace edgec {

void softmax_f32_avx2(size_t n, const float* x, float* out) { SoftmaxF32Lanes(n, x, out); }

}  // namespace edgec
