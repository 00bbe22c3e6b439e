// 1 row × 16 columns in plain C++: the reference of the family.
#include <cassert>

#include "kernels/igemm_f32/igemm_f32.h"

namespace edgec {

void igemm_f32_1x16_portable([[maybe_unused]] size_t m, size_t n, size_t k, size_t taps,
                             const float* const* a, const ptrdiff_t* tap, const float* w, float* c,
                             size_t /*c_stride*/, const IgemmF32Params* params) {
  assert(m == 1 && n >= 1 && k >= 1 && taps >= 1);
  for (size_t block = 0; block < n; block += 16) {
    float acc[16];
    for (size_t j = 0; j < 16; ++j) acc[j] = params->bias[block + j];
    for (size_t t = 0; t < taps; ++t) {
      const float* row = a[0] + tap[t];
      for (size_t p = 0; p < k; ++p, w += 16) {
        for (size_t j = 0; j < 16; ++j) acc[j] += row[p] * w[j];
      }
    }
    for (size_t j = 0; j < 16 && block + j < n; ++j) {
      const float low = acc[j] < params->min ? params->min : acc[j];
      c[block + j] = low > params->max ? params->max : low;
    }
  }
}

}  // namespace edgec
