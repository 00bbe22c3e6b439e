#include "kernels/lut/lut.h"

namespace edgec {

void lut_s8_portable(size_t n, const int8_t* x, const int8_t* table, int8_t* out) {
  const int8_t* middle = table + 128;
  for (size_t i = 0; i < n; ++i) out[i] = middle[x[i]];
}

}  // namespace edgec
