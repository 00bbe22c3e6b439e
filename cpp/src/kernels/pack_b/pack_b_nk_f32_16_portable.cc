// b as [n][k]: a transpose, 16 columns at a time.
#include <cstring>

#include "kernels/pack_b/pack_b.h"

namespace edgec {

void pack_b_nk_f32_16_portable(size_t n, size_t k, const float* b, size_t b_stride, float* w) {
  for (size_t block = 0; block < n; block += 16) {
    const size_t count = n - block < 16 ? n - block : 16;
    const float* column = b + block * b_stride;
    for (size_t p = 0; p < k; ++p, w += 16) {
      if (count < 16) std::memset(w, 0, 16 * sizeof(float));
      for (size_t j = 0; j < count; ++j) w[j] = column[j * b_stride + p];
    }
  }
}

}  // namespace edgec
