#include "kernels/eltwise/eltwise.h"

namespace edgec {

void add_s8_portable(Operands operands, size_t n, const int8_t* a, const int8_t* b,
                     const AddS8Params& params, int8_t* out) {
  for (size_t i = 0; i < n; ++i) {
    const int32_t qa = a[operands == Operands::kScalarA ? 0 : i];
    const int32_t qb = b[operands == Operands::kScalarB ? 0 : i];
    const int32_t sum = params.bias + qa * params.mult_a + qb * params.mult_b;
    int32_t q = (sum >> params.shift) + params.zero_point;
    if (q < params.qmin) q = params.qmin;
    if (q > params.qmax) q = params.qmax;
    out[i] = static_cast<int8_t>(q);
  }
}

}  // namespace edgec
