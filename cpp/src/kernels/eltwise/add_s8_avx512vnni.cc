#include "kernels/simd/avx512.h"
// The loop over these lanes.
#include "kernels/eltwise/lanes.h"

namespace edgec {

void add_s8_avx512vnni(Operands operands, size_t n, const int8_t* a, const int8_t* b,
                       const AddS8Params& params, int8_t* out) {
  AddS8Lanes(operands, n, a, b, params, out);
}

}  // namespace edgec
