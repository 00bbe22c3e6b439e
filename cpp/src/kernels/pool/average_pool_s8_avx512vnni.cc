#include "kernels/simd/avx512.h"
// The loop over these lanes.
#include "kernels/pool/lanes.h"

namespace edgec {

void average_pool_s8_avx512vnni(size_t n, const PoolWindow& window, const int8_t* x,
                                const AveragePoolS8Params& params, int8_t* out) {
  AveragePoolS8Lanes(n, window, x, params, out);
}

}  // namespace edgec
