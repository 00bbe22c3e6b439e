// b as [k][n]: 16 columns of a row are one copy.
#include <cstring>

#include "kernels/pack_b/pack_b.h"

namespace edgec {

void pack_b_kn_f32_16_portable(size_t n, size_t k, const float* b, size_t b_stride, float* w) {
  for (size_t block = 0; block < n; block += 16) {
    const size_t count = n - block < 16 ? n - block : 16;
    for (size_t p = 0; p < k; ++p, w += 16) {
      if (count < 16) std::memset(w, 0, 16 * sizeof(float));
      std::memcpy(w, b + p * b_stride + block, count * sizeof(float));
    }
  }
}

}  // namespace edgec
