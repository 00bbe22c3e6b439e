// A line of output, 4 pixels × 16 channels at a time in registers of 256 bits. For the kernels of
// AVX2 and of AVX-VNNI, which differ in units and products.
//
//   acc[i][0]   │ channels 0 … 3 │ 8 … 11  │     interleaving within 128-bit halves leaves this
//   order, acc[i][1]   │ channels 4 … 7 │ 12 … 15 │     the same in both halves of a unit's 64
//   bytes
//
// Bias and multipliers follow it, and packing both to int16 undoes it. Everything here is internal
// to its file: files with different compiler flags must not share code.
#ifndef EDGEC_KERNELS_DWCONV_S8_LINE_AVX2_H_
#define EDGEC_KERNELS_DWCONV_S8_LINE_AVX2_H_

#include <immintrin.h>

#include "kernels/dwconv_s8/dwconv_s8.h"
#include "kernels/requant/requant_avx2.h"

namespace edgec {
namespace {

__m256i Load(const void* from) { return _mm256_loadu_si256(static_cast<const __m256i*>(from)); }

struct Requantization {
  __m256 mult[2], high;
  __m256i zero_point, low;

  Requantization(const float* channel_mult, const RequantS8& q)
      : high(_mm256_set1_ps(q.high)),
        zero_point(_mm256_set1_epi16(static_cast<int16_t>(q.zero_point))),
        low(_mm256_set1_epi8(static_cast<int8_t>(static_cast<int32_t>(q.low) + q.zero_point))) {
    const __m256 mult_0 = _mm256_loadu_ps(channel_mult), mult_8 = _mm256_loadu_ps(channel_mult + 8);
    mult[0] = _mm256_permute2f128_ps(mult_0, mult_8, 0x20);
    mult[1] = _mm256_permute2f128_ps(mult_0, mult_8, 0x31);
  }

  // A value below −2^31 becomes INT32_MIN, as does one above 2^31 without the bound.
  __m256i Round(__m256i acc, size_t half) const {
    const __m256 real = _mm256_mul_ps(_mm256_cvtepi32_ps(acc), mult[half]);
    return _mm256_cvtps_epi32(_mm256_min_ps(real, high));
  }
  __m256i S16(const __m256i* acc) const {
    const __m256i packed = _mm256_packs_epi32(Round(acc[0], 0), Round(acc[1], 1));
    return _mm256_adds_epi16(packed, zero_point);
  }
  // One pixel in each half.
  __m256i Two(const __m256i (*acc)[2]) const {
    const __m256i s8 = _mm256_packs_epi16(S16(acc[0]), S16(acc[1]));
    return _mm256_permute4x64_epi64(_mm256_max_epi8(s8, low), 0xD8);
  }
};

// Product::Add(acc, unit, w): acc + products of 8 channels, for all columns of a unit.
template <class Product, size_t kSharing>
void Sum(const DwconvLine<int8_t>& line, size_t at, const int8_t* w, const __m256i* bias,
         __m256i (*acc)[2]) {
#pragma GCC unroll 8
  for (size_t i = 0; i < 4; ++i) {
    acc[i][0] = bias[0];
    acc[i][1] = bias[1];
  }
  for (size_t t = 0; t < line.taps; ++t, w += 64 * kSharing) {
    const int8_t* x = line.x[t] + at;
#pragma GCC unroll 8
    for (size_t half = 0; half < 2; ++half) {
      const __m256i w_0 = Load(w + 32 * half), w_1 = Load(w + 32 * half + 64 * (kSharing - 1));
#pragma GCC unroll 8
      for (size_t i = 0; i < 4; ++i) {
        const __m256i unit = Load(x + i / kSharing * line.x_step + 32 * half);
        acc[i][half] = Product::Add(acc[i][half], unit, i % kSharing == 0 ? w_0 : w_1);
      }
    }
  }
}

void Store(__m256i two, size_t pixels, size_t count, int8_t* y, size_t y_stride) {
  StoreS8Avx2(y, _mm256_castsi256_si128(two), count);
  if (pixels > 1) StoreS8Avx2(y + y_stride, _mm256_extracti128_si256(two, 1), count);
}

template <class Product, size_t kSharing>
void Block(const DwconvLine<int8_t>& line, size_t j, const DwconvS8Params& params) {
  const Requantization q(params.requant.mult + j, params.requant);
  const __m256i bias_0 = Load(params.bias + j), bias_8 = Load(params.bias + j + 8);
  const __m256i bias[2] = {_mm256_permute2x128_si256(bias_0, bias_8, 0x20),
                           _mm256_permute2x128_si256(bias_0, bias_8, 0x31)};
  const size_t count = line.channels - j;
  const int8_t* w = line.w + j * line.taps * kSharing * 4;
  int8_t* y = line.y + j;
  size_t at = j / 16 * line.x_block;
  for (size_t i = 0; i < line.pixels; i += 4, at += 4 / kSharing * line.x_step) {
    __m256i acc[4][2];
    Sum<Product, kSharing>(line, at, w, bias, acc);
    Store(q.Two(acc), line.pixels - i, count, y, line.y_stride);
    y += 2 * line.y_stride;
    if (i + 2 < line.pixels) Store(q.Two(acc + 2), line.pixels - i - 2, count, y, line.y_stride);
    y += 2 * line.y_stride;
  }
}

template <class Product>
void RunLine(const DwconvLine<int8_t>& line, const DwconvS8Params& params) {
  for (size_t j = 0; j < line.channels; j += 16) {
    line.sharing == 2 ? Block<Product, 2>(line, j, params) : Block<Product, 1>(line, j, params);
  }
}

}  // namespace
}  // namespace edgec
#endif  // EDGEC_KERNELS_DWCONV_S8_LINE_AVX2_H_
