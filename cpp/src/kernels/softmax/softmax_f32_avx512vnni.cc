#include "kernels/simd/avx512.h"
// The loop over these lanes.
#include "kernels/softmax/lanes.h"

namespace edgec {

void softmax_f32_avx512vnni(size_t n, const float* x, float* out) { SoftmaxF32Lanes(n, x, out); }

}  // namespace edgec
