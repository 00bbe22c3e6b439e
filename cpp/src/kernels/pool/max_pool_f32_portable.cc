#include "kernels/pool/pool.h"

namespace edgec {

void max_pool_f32_portable(size_t n, const PoolWindow& window, const float* x, float* out) {
  for (size_t c = 0; c < n; ++c) {
    float most = x[c];
    for (size_t row = 0; row < window.rows; ++row) {
      for (size_t column = 0; column < window.columns; ++column) {
        const float tap = x[row * window.row_stride + column * window.column_stride + c];
        if (tap != tap || tap > most) most = tap;
      }
    }
    out[c] = most;
  }
}

}  // namespace edgec
