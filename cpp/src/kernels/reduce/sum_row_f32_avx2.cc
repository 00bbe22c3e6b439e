#include "kernels/simd/avx2.h"
// The loop over these lanes.
#include "kernels/reduce/reduce.h"

namespace edgec {

float sum_row_f32_avx2(size_t n, const float* x) { return SumRow(n, x); }

}  // namespace edgec
