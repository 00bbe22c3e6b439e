#include "kernels/simd/avx512.h"
// The loop over these lanes.
#include "kernels/reduce/reduce.h"

namespace edgec {

float max_row_f32_avx512vnni(size_t n, const float* x) { return MaxRow(n, x); }

}  // namespace edgec
