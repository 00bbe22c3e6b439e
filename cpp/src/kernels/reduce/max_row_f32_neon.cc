#include "kernels/simd/neon.h"
// The loop over these lanes.
#include "kernels/reduce/reduce.h"

namespace edgec {

float max_row_f32_neon(size_t n, const float* x) { return MaxRow(n, x); }

}  // namespace edgec
