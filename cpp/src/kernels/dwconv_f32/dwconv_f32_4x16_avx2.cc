// 4 pixels × 16 channels, each in two registers; masks do the channel tail.
#include <immintrin.h>

#include <cassert>

#include "kernels/dwconv_f32/dwconv_f32.h"

namespace edgec {
namespace {

// Lanes below n, for lanes first .. first + 7 of a block.
__m256i Lanes(size_t n, int first) {
  const __m256i lane =
      _mm256_add_epi32(_mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7), _mm256_set1_epi32(first));
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(n < 16 ? static_cast<int>(n) : 16), lane);
}

// The bound comes first: max and min return their second operand if one is NaN.
__m256 Clamp(__m256 value, const DwconvF32Params& params) {
  value = _mm256_max_ps(_mm256_set1_ps(params.min), value);
  return _mm256_min_ps(_mm256_set1_ps(params.max), value);
}

void Tile(const DwconvLine<float>& line, size_t at, const float* w, const float* bias,
          __m256 (*acc)[2]) {
#pragma GCC unroll 8
  for (size_t i = 0; i < 4; ++i) {
    acc[i][0] = _mm256_loadu_ps(bias);
    acc[i][1] = _mm256_loadu_ps(bias + 8);
  }
  for (size_t t = 0; t < line.taps; ++t, w += 16) {
    const float* x = line.x[t] + at;
    const __m256 w_0 = _mm256_loadu_ps(w), w_8 = _mm256_loadu_ps(w + 8);
#pragma GCC unroll 8
    for (size_t i = 0; i < 4; ++i) {
      const float* x_i = x + i * line.x_step;
      acc[i][0] = _mm256_fmadd_ps(_mm256_loadu_ps(x_i), w_0, acc[i][0]);
      acc[i][1] = _mm256_fmadd_ps(_mm256_loadu_ps(x_i + 8), w_8, acc[i][1]);
    }
  }
}

void Block(const DwconvLine<float>& line, size_t j, const DwconvF32Params& params) {
  const __m256i lanes_0 = Lanes(line.channels - j, 0), lanes_8 = Lanes(line.channels - j, 8);
  const bool whole = line.channels - j >= 16;
  __m256 acc[4][2];
  for (size_t i = 0; i < line.pixels; i += 4) {
    Tile(line, j / 16 * line.x_block + i * line.x_step, line.w + j * line.taps, params.bias + j,
         acc);
#pragma GCC unroll 8
    for (size_t p = 0; p < 4; ++p) {
      if (i + p >= line.pixels) break;
      float* y = line.y + (i + p) * line.y_stride + j;
      const __m256 low = Clamp(acc[p][0], params), high = Clamp(acc[p][1], params);
      if (whole) {
        _mm256_storeu_ps(y, low);
        _mm256_storeu_ps(y + 8, high);
      } else {
        _mm256_maskstore_ps(y, lanes_0, low);
        _mm256_maskstore_ps(y + 8, lanes_8, high);
      }
    }
  }
}

}  // namespace

void dwconv_f32_4x16_avx2(const DwconvLine<float>& line, const DwconvF32Params& params) {
  assert(line.pixels >= 1 && line.channels >= 1 && line.taps >= 1 && line.sharing == 1);
  for (size_t j = 0; j < line.channels; j += 16) Block(line, j, params);
}

}  // namespace edgec
