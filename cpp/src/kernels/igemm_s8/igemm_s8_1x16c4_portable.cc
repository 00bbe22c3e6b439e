// 1 row × 16 columns in plain C++: the reference of the family. Sums are unsigned, so that they
// wrap.
#include <cassert>

#include "kernels/igemm_s8/igemm_s8.h"

namespace edgec {
namespace {

// acc[j] += Σ_p a[p] · w[j][p] for the 16 columns of a block; returns where the next tap's weights
// are.
const int8_t* AddTap(size_t k, const int8_t* a, const int8_t* w, uint32_t* acc) {
  for (size_t p = 0; p < k; p += 4, w += 64) {
    for (size_t j = 0; j < 16; ++j) {
      int32_t sum = 0;
      for (size_t q = 0; q < 4; ++q) sum += a[p + q] * w[4 * j + q];
      acc[j] += static_cast<uint32_t>(sum);
    }
  }
  return w;
}

}  // namespace

void igemm_s8_1x16c4_portable([[maybe_unused]] size_t m, size_t n, size_t k, size_t taps,
                              const int8_t* const* a, const ptrdiff_t* tap, const int8_t* w,
                              int8_t* c, size_t /*c_stride*/, const IgemmS8Params* params) {
  assert(m == 1 && n >= 1 && taps >= 1 && k >= 4 && k % 4 == 0);
  for (size_t block = 0; block < n; block += 16) {
    uint32_t acc[16];
    for (size_t j = 0; j < 16; ++j) {
      acc[j] = static_cast<uint32_t>(params->bias[block + j]) +
               static_cast<uint32_t>(RowOffset(*params, 0));
    }
    for (size_t t = 0; t < taps; ++t) w = AddTap(k, a[0] + tap[t], w, acc);
    for (size_t j = 0; j < 16 && block + j < n; ++j) {
      c[block + j] = RequantizeS8(static_cast<int32_t>(acc[j]), params->requant.mult[block + j],
                                  params->requant);
    }
  }
}

}  // namespace edgec
