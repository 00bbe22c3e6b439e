#include "kernels/reduce/reduce.h"

namespace edgec {

int32_t sum_row_s8_portable(size_t n, const int8_t* x) {
  uint32_t sum = 0;
  for (size_t i = 0; i < n; ++i) sum += static_cast<uint32_t>(x[i]);
  return static_cast<int32_t>(sum);
}

}  // namespace edgec
