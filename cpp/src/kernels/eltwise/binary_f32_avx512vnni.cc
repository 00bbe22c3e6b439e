#include "kernels/simd/avx512.h"
// The loop over these lanes.
#include "kernels/eltwise/lanes.h"

namespace edgec {

void binary_f32_avx512vnni(Operands operands, size_t n, const float* a, const float* b,
                           const BinaryF32Params& params, float* out) {
  BinaryF32Lanes(operands, n, a, b, params, out);
}

}  // namespace edgec
