#include "kernels/simd/neon.h"
// The loop over these lanes.
#include "kernels/reduce/reduce.h"

namespace edgec {

float sum_row_f32_neon(size_t n, const float* x) { return SumRow(n, x); }

}  // namespace edgec
