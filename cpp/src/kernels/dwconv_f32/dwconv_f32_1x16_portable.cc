// 1 pixel × 16 channels in plain C++: the reference of the family.
#include <cassert>

#include "kernels/dwconv_f32/dwconv_f32.h"

namespace edgec {
namespace {

// `at` is the pixel's place behind each pointer of x, `count` ≤ 16.
void Block(const DwconvLine<float>& line, size_t at, const float* w, size_t count,
           const float* bias, const DwconvF32Params& params, float* y) {
  float acc[16];
  for (size_t j = 0; j < count; ++j) acc[j] = bias[j];
  for (size_t t = 0; t < line.taps; ++t) {
    const float* x = line.x[t] + at;
    for (size_t j = 0; j < count; ++j) acc[j] += x[j] * w[16 * t + j];
  }
  for (size_t j = 0; j < count; ++j) {
    const float low = acc[j] < params.min ? params.min : acc[j];
    y[j] = low > params.max ? params.max : low;
  }
}

}  // namespace

void dwconv_f32_1x16_portable(const DwconvLine<float>& line, const DwconvF32Params& params) {
  assert(line.pixels >= 1 && line.channels >= 1 && line.taps >= 1 && line.sharing == 1);
  for (size_t j = 0; j < line.channels; j += 16) {
    const size_t count = line.channels - j < 16 ? line.channels - j : 16;
    for (size_t i = 0; i < line.pixels; ++i) {
      Block(line, j / 16 * line.x_block + i * line.x_step, line.w + j * line.taps, count,
            params.bias + j, params, line.y + i * line.y_stride + j);
    }
  }
}

}  // namespace edgec
