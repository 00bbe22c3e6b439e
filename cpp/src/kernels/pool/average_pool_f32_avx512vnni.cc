#include "kernels/simd/avx512.h"
// The loop over these lanes.
#include "kernels/pool/lanes.h"

namespace edgec {

void average_pool_f32_avx512vnni(size_t n, const PoolWindow& window, const float* x, float divisor,
                                 float* out) {
  AveragePoolF32Lanes(n, window, x, divisor, out);
}

}  // namespace edgec
