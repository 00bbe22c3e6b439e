#include "kernels/pool/pool.h"

namespace edgec {

void average_pool_f32_portable(size_t n, const PoolWindow& window, const float* x, float divisor,
                               float* out) {
  for (size_t c = 0; c < n; ++c) {
    float total = 0.0f;
    for (size_t row = 0; row < window.rows; ++row) {
      float run = 0.0f;
      for (size_t column = 0; column < window.columns; ++column) {
        run += x[row * window.row_stride + column * window.column_stride + c];
        if ((column + 1) % kPoolRun == 0 || column + 1 == window.columns) {
          total += run;
          run = 0.0f;
        }
      }
    }
    out[c] = total / divisor;
  }
}

}  // namespace edgec
