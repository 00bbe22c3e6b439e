#include "kernels/pool/pool.h"

namespace edgec {

void max_pool_s8_portable(size_t n, const PoolWindow& window, const int8_t* x, int8_t* out) {
  for (size_t c = 0; c < n; ++c) {
    int8_t most = x[c];
    for (size_t row = 0; row < window.rows; ++row) {
      for (size_t column = 0; column < window.columns; ++column) {
        const int8_t tap = x[row * window.row_stride + column * window.column_stride + c];
        if (tap > most) most = tap;
      }
    }
    out[c] = most;
  }
}

}  // namespace edgec
