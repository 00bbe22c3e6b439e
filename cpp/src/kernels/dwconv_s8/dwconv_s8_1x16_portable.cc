// 1 pixel × 16 channels in plain C++: the reference of the family. Sums are unsigned, so that they
// wrap.
#include <cassert>

#include "kernels/dwconv_s8/dwconv_s8.h"

namespace edgec {
namespace {

// `at` is the pixel's place behind each pointer of x, `count` ≤ 16.
void Block(const DwconvLine<int8_t>& line, size_t at, const int8_t* w, size_t count,
           const int32_t* bias, const float* mult, const RequantS8& q, int8_t* y) {
  uint32_t acc[16];
  for (size_t j = 0; j < count; ++j) acc[j] = static_cast<uint32_t>(bias[j]);
  for (size_t t = 0; t < line.taps; ++t) {
    const int8_t* x = line.x[t] + at;
    for (size_t j = 0; j < count; ++j) acc[j] += static_cast<uint32_t>(x[j] * w[16 * t + j]);
  }
  for (size_t j = 0; j < count; ++j) y[j] = RequantizeS8(static_cast<int32_t>(acc[j]), mult[j], q);
}

}  // namespace

void dwconv_s8_1x16_portable(const DwconvLine<int8_t>& line, const DwconvS8Params& params) {
  assert(line.pixels >= 1 && line.channels >= 1 && line.taps >= 1 && line.sharing == 1);
  for (size_t j = 0; j < line.channels; j += 16) {
    const size_t count = line.channels - j < 16 ? line.channels - j : 16;
    const int8_t* w = line.w + j * line.taps;
    for (size_t i = 0; i < line.pixels; ++i) {
      Block(line, j / 16 * line.x_block + i * line.x_step, w, count, params.bias + j,
            params.requant.mult + j, params.requant, line.y + i * line.y_stride + j);
    }
  }
}

}  // namespace edgec
