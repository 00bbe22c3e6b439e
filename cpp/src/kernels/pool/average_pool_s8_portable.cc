#include "kernels/pool/pool.h"

namespace edgec {

void average_pool_s8_portable(size_t n, const PoolWindow& window, const int8_t* x,
                              const AveragePoolS8Params& params, int8_t* out) {
  for (size_t c = 0; c < n; ++c) {
    int32_t sum = 0;
    for (size_t row = 0; row < window.rows; ++row) {
      for (size_t column = 0; column < window.columns; ++column) {
        sum += x[row * window.row_stride + column * window.column_stride + c] - params.zero_in;
      }
    }
    out[c] = RoundToS8(static_cast<float>(sum) * params.mult, params.range);
  }
}

}  // namespace edgec
