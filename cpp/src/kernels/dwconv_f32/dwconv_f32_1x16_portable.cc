// 1 pixel × 16 channels in plain C++: the reference of the family.
#include <cassert>

#include "kernels/dwconv_f32/dwconv_f32.h"

namespace edgec {
namespace {

void Pixel(size_t n, size_t taps, const float* const* x, const float* w, float* y,
           const DwconvF32Params& params) {
  for (size_t block = 0; block < n; block += 16, w += 16 * taps) {
    const size_t count = n - block < 16 ? n - block : 16;
    float acc[16];
    for (size_t j = 0; j < count; ++j) acc[j] = params.bias[block + j];
    for (size_t t = 0; t < taps; ++t) {
      for (size_t j = 0; j < count; ++j) acc[j] += x[t][block + j] * w[16 * t + j];
    }
    for (size_t j = 0; j < count; ++j) {
      const float low = acc[j] < params.min ? params.min : acc[j];
      y[block + j] = low > params.max ? params.max : low;
    }
  }
}

}  // namespace

void dwconv_f32_1x16_portable(size_t m, size_t n, size_t taps, const float* const* x,
                              const float* w, float* y, size_t y_stride,
                              const DwconvF32Params* params) {
  assert(m >= 1 && n >= 1 && taps >= 1);
  for (size_t i = 0; i < m; ++i) Pixel(n, taps, x + i * taps, w, y + i * y_stride, *params);
}

}  // namespace edgec
