// 8 tiles × 32 columns: vpdpwssd adds 2 channels to 16 columns. 16 registers of sums, 2 of weights;
// the channels of a tile are broadcast from memory, 10 loads to 16 multiplications:
//
//   v[i]         │c0 c1│c0 c1│ … 16 times           int16, one tile's 2 channels
//   u[block]     │ column 0  │ column 1 │ … │ 15    int16, 2 channels each
//   acc[i][block]│ column 0  │ column 1 │ … │ 15    int32
#include <immintrin.h>

#include <cassert>

#include "kernels/requant/requant_avx512vnni.h"
#include "kernels/winograd_s8/lanes_avx2.h"
#include "kernels/winograd_s8/transform.h"

namespace edgec {
namespace {

constexpr size_t kMostTiles = 8;
// Weights are asked for so many int16 ahead of their use: the hardware's own guess restarts at each
// page.
constexpr size_t kAhead = 2048;

struct S16x32 {
  static constexpr size_t kLanes = 32;
  __m512i v;
  static S16x32 Load(const int8_t* from) {
    return {_mm512_cvtepi8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)))};
  }
  static S16x32 LoadPart(const int8_t* from, size_t n) {
    return {_mm512_cvtepi8_epi16(_mm256_maskz_loadu_epi8((1u << n) - 1, from))};
  }
  void Store(int16_t* to) const { _mm512_storeu_si512(to, v); }
};
inline S16x32 operator+(S16x32 a, S16x32 b) { return {_mm512_add_epi16(a.v, b.v)}; }
inline S16x32 operator-(S16x32 a, S16x32 b) { return {_mm512_sub_epi16(a.v, b.v)}; }
inline S16x32 Times2(S16x32 a) { return a + a; }
inline S16x32 Times4(S16x32 a) { return {_mm512_slli_epi16(a.v, 2)}; }

struct S32x16 {
  __m512i v;
  static S32x16 Load(const int32_t* from) { return {_mm512_loadu_si512(from)}; }
  template <int kShift>
  S32x16 Unscale() const {
    const __m512i inverse = _mm512_set1_epi32(static_cast<int32_t>(kInverseOf9));
    return {_mm512_srai_epi32(_mm512_mullo_epi32(v, inverse), kShift)};
  }
};
inline S32x16 operator+(S32x16 a, S32x16 b) { return {_mm512_add_epi32(a.v, b.v)}; }
inline S32x16 operator-(S32x16 a, S32x16 b) { return {_mm512_sub_epi32(a.v, b.v)}; }
inline S32x16 Times2(S32x16 a) { return a + a; }
inline S32x16 Times4(S32x16 a) { return {_mm512_slli_epi32(a.v, 2)}; }

// One position of kTiles tiles and kBlocks blocks, u_stride and m_stride apart.
template <size_t kTiles, size_t kBlocks>
void MultiplyTiles(size_t depth, const int16_t* v, size_t v_stride, const int16_t* u,
                   size_t u_stride, int32_t* m, size_t m_stride) {
  __m512i acc[kTiles][kBlocks];
#pragma GCC unroll 8
  for (auto& tile : acc) {
#pragma GCC unroll 2
    for (__m512i& sum : tile) sum = _mm512_setzero_si512();
  }
  for (size_t p = 0; p < depth; p += 2, u += 32) {
    __m512i u_p[kBlocks];
#pragma GCC unroll 2
    for (size_t b = 0; b < kBlocks; ++b) {
      u_p[b] = _mm512_load_si512(u + b * u_stride);
      _mm_prefetch(reinterpret_cast<const char*>(u + b * u_stride + kAhead), _MM_HINT_T0);
    }
#pragma GCC unroll 8
    for (size_t i = 0; i < kTiles; ++i) {
      int32_t two;
      std::memcpy(&two, v + i * v_stride + p, sizeof(two));
      const __m512i v_p = _mm512_set1_epi32(two);
#pragma GCC unroll 2
      for (size_t b = 0; b < kBlocks; ++b) acc[i][b] = _mm512_dpwssd_epi32(acc[i][b], v_p, u_p[b]);
    }
  }
#pragma GCC unroll 8
  for (size_t i = 0; i < kTiles; ++i) {
#pragma GCC unroll 2
    for (size_t b = 0; b < kBlocks; ++b) {
      _mm512_storeu_si512(m + b * m_stride + i * kWinogradPositions * 16, acc[i][b]);
    }
  }
}

template <size_t kTiles>
void MultiplyBlocks(size_t blocks, size_t depth, const int16_t* v, size_t v_stride,
                    const int16_t* u, size_t u_stride, int32_t* m, size_t m_stride) {
  if (blocks == 2) {
    MultiplyTiles<kTiles, 2>(depth, v, v_stride, u, u_stride, m, m_stride);
  } else {
    MultiplyTiles<kTiles, 1>(depth, v, v_stride, u, u_stride, m, m_stride);
  }
}

}  // namespace

void winograd_s8_8x32_avx512vnni_input(const int8_t* const* lines, size_t pixel, size_t channels,
                                       int16_t* v) {
  const size_t depth = DepthOf(channels);
  size_t c = InputWhole<S16x32>(lines, pixel, 0, channels, v, depth);
  c = InputWhole<S16x16>(lines, pixel, c, channels, v, depth);
  c = InputWhole<S16x8>(lines, pixel, c, channels, v, depth);
  InputRest<S16x8>(lines, pixel, c, channels, v, depth);
}

void winograd_s8_8x32_avx512vnni_multiply(size_t tiles, size_t blocks, size_t depth,
                                          const int16_t* v, size_t v_stride, const int16_t* u,
                                          int32_t* m) {
  assert(tiles >= 1 && blocks >= 1 && blocks <= 2 && depth % 8 == 0);
  static constexpr decltype(&MultiplyBlocks<1>) kTiles[] = {
      MultiplyBlocks<1>, MultiplyBlocks<2>, MultiplyBlocks<3>, MultiplyBlocks<4>,
      MultiplyBlocks<5>, MultiplyBlocks<6>, MultiplyBlocks<7>, MultiplyBlocks<8>};
  const size_t u_stride = kWinogradPositions * depth * 16, m_tile = kWinogradPositions * 16;
  for (size_t at = 0; at < kWinogradPositions; ++at) {
    for (size_t i = 0; i < tiles;) {
      const size_t passes = (tiles - i + kMostTiles - 1) / kMostTiles;
      const size_t now = (tiles - i + passes - 1) / passes;  // passes of even size
      kTiles[now - 1](blocks, depth, v + i * v_stride + at * depth, v_stride, u + at * depth * 16,
                      u_stride, m + i * m_tile + at * 16, tiles * m_tile);
      i += now;
    }
  }
}

void winograd_s8_8x32_avx512vnni_output(const int32_t* m, size_t n, const WinogradS8Tile* tile,
                                        int8_t* y, const WinogradS8Params* params) {
  const RequantS8 q = params->requant;
  const WinogradS8Tile part = *tile;
  OutputLanes<S32x16>(m, params->bias, [&](size_t row, size_t column, S32x16 acc) {
    if (row >= part.rows || column >= part.columns) return;
    int8_t* to = y + row * part.line + column * part.pixel;
    const __m128i s8 = RequantizeS8x16Avx512(acc.v, q.mult, q);
    if (n >= 16) return _mm_storeu_si128(reinterpret_cast<__m128i*>(to), s8);
    _mm_mask_storeu_epi8(to, LanesAvx512(n), s8);
  });
}

}  // namespace edgec
