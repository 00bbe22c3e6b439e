#include "kernels/simd/neon.h"
// The loop over these lanes.
#include "kernels/softmax/lanes.h"

namespace edgec {

void softmax_s8_neon(size_t n, const int8_t* x, const SoftmaxS8Params& params, int8_t* out) {
  SoftmaxS8Lanes(n, x, params, out,
                 [&](size_t count, const int8_t* part, int32_t most, int32_t* found) {
                   return LookUpWords(count, part, most, params.lut, found);
                 });
}

}  // namespace edgec
