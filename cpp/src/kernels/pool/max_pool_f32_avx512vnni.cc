#include "kernels/simd/avx512.h"
// The loop over these lanes.
#include "kernels/pool/lanes.h"

namespace edgec {

void max_pool_f32_avx512vnni(size_t n, const PoolWindow& window, const float* x, float* out) {
  MaxPoolF32Lanes(n, window, x, out);
}

}  // namespace edgec
