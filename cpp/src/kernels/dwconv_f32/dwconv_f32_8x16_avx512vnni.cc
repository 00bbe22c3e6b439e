// 8 pixels × 16 channels, each in one register; masks do the channel tail.
#include <immintrin.h>

#include <cassert>

#include "kernels/dwconv_f32/dwconv_f32.h"

namespace edgec {
namespace {

template <size_t kPixels>
void Tile(const DwconvLine<float>& line, size_t at, const float* w, const float* bias,
          __m512* acc) {
#pragma GCC unroll 8
  for (size_t i = 0; i < kPixels; ++i) acc[i] = _mm512_loadu_ps(bias);
  for (size_t t = 0; t < line.taps; ++t, w += 16) {
    const float* x = line.x[t] + at;
    const __m512 w_t = _mm512_loadu_ps(w);
#pragma GCC unroll 8
    for (size_t i = 0; i < kPixels; ++i) {
      acc[i] = _mm512_fmadd_ps(_mm512_loadu_ps(x + i * line.x_step), w_t, acc[i]);
    }
  }
}

// The bound comes first: max and min return their second operand if one is NaN.
void Store(__m512 acc, const DwconvF32Params& params, __mmask16 lanes, float* y) {
  acc = _mm512_max_ps(_mm512_set1_ps(params.min), acc);
  _mm512_mask_storeu_ps(y, lanes, _mm512_min_ps(_mm512_set1_ps(params.max), acc));
}

void Block(const DwconvLine<float>& line, size_t j, const DwconvF32Params& params) {
  const size_t count = line.channels - j;
  const __mmask16 lanes =
      count >= 16 ? static_cast<__mmask16>(0xFFFF) : static_cast<__mmask16>((1u << count) - 1);
  const float* w = line.w + j * line.taps;
  float* y = line.y + j;
  __m512 acc[8];
  size_t i = 0;
  for (; i + 4 < line.pixels; i += 8) {
    Tile<8>(line, j / 16 * line.x_block + i * line.x_step, w, params.bias + j, acc);
#pragma GCC unroll 8
    for (size_t p = 0; p < 8; ++p) {
      if (i + p < line.pixels) Store(acc[p], params, lanes, y + (i + p) * line.y_stride);
    }
  }
  if (i >= line.pixels) return;
  Tile<4>(line, j / 16 * line.x_block + i * line.x_step, w, params.bias + j, acc);
#pragma GCC unroll 8
  for (size_t p = 0; p < 4; ++p) {
    if (i + p < line.pixels) Store(acc[p], params, lanes, y + (i + p) * line.y_stride);
  }
}

}  // namespace

void dwconv_f32_8x16_avx512vnni(const DwconvLine<float>& line, const DwconvF32Params& params) {
  assert(line.pixels >= 1 && line.channels >= 1 && line.taps >= 1 && line.sharing == 1);
  for (size_t j = 0; j < line.channels; j += 16) Block(line, j, params);
}

}  // namespace edgec
