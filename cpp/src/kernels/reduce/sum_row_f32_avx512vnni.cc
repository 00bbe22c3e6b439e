#include "kernels/simd/avx512.h"
// The loop over these lanes.
#include "kernels/reduce/reduce.h"

namespace edgec {

float sum_row_f32_avx512vnni(size_t n, const float* x) { return SumRow(n, x); }

}  // namespace edgec
