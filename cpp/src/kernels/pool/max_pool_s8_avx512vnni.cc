#include "kernels/simd/avx512.h"
// The loop over these lanes.
#include "kernels/pool/lanes.h"

namespace edgec {

void max_pool_s8_avx512vnni(size_t n, const PoolWindow& window, const int8_t* x, int8_t* out) {
  MaxPoolS8Lanes(n, window, x, out);
}

}  // namespace edgec
