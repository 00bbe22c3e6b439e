// 1 pixel × 16 channels in plain C++: the reference of the family. Sums are unsigned, so that they
// wrap.
#include <cassert>

#include "kernels/dwconv_s8/dwconv_s8.h"

namespace edgec {
namespace {

void Pixel(size_t n, size_t taps, const int8_t* const* x, const int8_t* w, int8_t* y,
           const DwconvS8Params& params) {
  for (size_t block = 0; block < n; block += 16, w += 16 * taps) {
    const size_t count = n - block < 16 ? n - block : 16;
    uint32_t acc[16];
    for (size_t j = 0; j < count; ++j) acc[j] = static_cast<uint32_t>(params.bias[block + j]);
    for (size_t t = 0; t < taps; ++t) {
      for (size_t j = 0; j < count; ++j) {
        acc[j] += static_cast<uint32_t>(x[t][block + j] * w[16 * t + j]);
      }
    }
    for (size_t j = 0; j < count; ++j) {
      y[block + j] = RequantizeS8(static_cast<int32_t>(acc[j]), params.requant.mult[block + j],
                                  params.requant);
    }
  }
}

}  // namespace

void dwconv_s8_1x16_portable(size_t m, size_t n, size_t taps, const int8_t* const* x,
                             const int8_t* w, int8_t* y, size_t y_stride,
                             const DwconvS8Params* params) {
  assert(m >= 1 && n >= 1 && taps >= 1);
  for (size_t i = 0; i < m; ++i) Pixel(n, taps, x + i * taps, w, y + i * y_stride, *params);
}

}  // namespace edgec
