#include "kernels/eltwise/eltwise.h"

namespace edgec {

void mul_s8_portable(Operands operands, size_t n, const int8_t* a, const int8_t* b,
                     const MulS8Params& params, int8_t* out) {
  for (size_t i = 0; i < n; ++i) {
    const int32_t qa = a[operands == Operands::kScalarA ? 0 : i] - params.zero_a;
    const int32_t qb = b[operands == Operands::kScalarB ? 0 : i] - params.zero_b;
    out[i] = RoundToS8(static_cast<float>(qa * qb) * params.mult, params.range);
  }
}

}  // namespace edgec
