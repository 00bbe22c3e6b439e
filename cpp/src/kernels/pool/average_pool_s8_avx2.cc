#include "kernels/simd/avx2.h"
// The loop over these lanes.
#include "kernels/pool/lanes.h"

namespace edgec {

void average_pool_s8_avx2(size_t n, const PoolWindow& window, const int8_t* x,
                          const AveragePoolS8Params& params, int8_t* out) {
  AveragePoolS8Lanes(n, window, x, params, out);
}

}  // namespace edgec
