// 6 tiles × 16 columns: vpmaddwd multiplies 2 channels and adds them for 8 columns. 12 registers of
// sums, 2 of weights, 1 with a tile's 2 channels broadcast from memory.
#include <immintrin.h>

#include <cassert>

#include "kernels/winograd_s8/lanes_avx2.h"
#include "kernels/winograd_s8/transform.h"

namespace edgec {
namespace {

constexpr size_t kMostTiles = 6;
// Weights are asked for so many int16 ahead of their use: the hardware's own guess restarts at each
// page.
constexpr size_t kAhead = 2048;

struct S32x8 {
  __m256i v;
  static S32x8 Load(const int32_t* from) {
    return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from))};
  }
  template <int kShift>
  S32x8 Unscale() const {
    const __m256i inverse = _mm256_set1_epi32(static_cast<int32_t>(kInverseOf9));
    return {_mm256_srai_epi32(_mm256_mullo_epi32(v, inverse), kShift)};
  }
  void Store(int32_t* to) const { _mm256_store_si256(reinterpret_cast<__m256i*>(to), v); }
};
inline S32x8 operator+(S32x8 a, S32x8 b) { return {_mm256_add_epi32(a.v, b.v)}; }
inline S32x8 operator-(S32x8 a, S32x8 b) { return {_mm256_sub_epi32(a.v, b.v)}; }
inline S32x8 Times2(S32x8 a) { return a + a; }
inline S32x8 Times4(S32x8 a) { return {_mm256_slli_epi32(a.v, 2)}; }

// One position of kTiles tiles.
template <size_t kTiles>
void MultiplyTiles(size_t depth, const int16_t* v, size_t v_stride, const int16_t* u, int32_t* m) {
  __m256i acc[kTiles][2];
#pragma GCC unroll 8
  for (auto& tile : acc) tile[0] = tile[1] = _mm256_setzero_si256();
  for (size_t p = 0; p < depth; p += 2, u += 32) {
    const __m256i* u_p = reinterpret_cast<const __m256i*>(u);
    _mm_prefetch(reinterpret_cast<const char*>(u + kAhead), _MM_HINT_T0);
    const __m256i u_0 = _mm256_load_si256(u_p), u_8 = _mm256_load_si256(u_p + 1);
#pragma GCC unroll 8
    for (size_t i = 0; i < kTiles; ++i) {
      int32_t two;
      std::memcpy(&two, v + i * v_stride + p, sizeof(two));
      const __m256i v_p = _mm256_set1_epi32(two);
      acc[i][0] = _mm256_add_epi32(acc[i][0], _mm256_madd_epi16(v_p, u_0));
      acc[i][1] = _mm256_add_epi32(acc[i][1], _mm256_madd_epi16(v_p, u_8));
    }
  }
#pragma GCC unroll 8
  for (size_t i = 0; i < kTiles; ++i) {
    __m256i* to = reinterpret_cast<__m256i*>(m + i * kWinogradPositions * 16);
    _mm256_storeu_si256(to, acc[i][0]);
    _mm256_storeu_si256(to + 1, acc[i][1]);
  }
}

}  // namespace

void winograd_s8_6x16_avx2_input(const int8_t* const* lines, size_t pixel, size_t channels,
                                 int16_t* v) {
  const size_t depth = DepthOf(channels);
  size_t c = InputWhole<S16x16>(lines, pixel, 0, channels, v, depth);
  c = InputWhole<S16x8>(lines, pixel, c, channels, v, depth);
  InputRest<S16x8>(lines, pixel, c, channels, v, depth);
}

void winograd_s8_6x16_avx2_multiply(size_t tiles, size_t blocks, size_t depth, const int16_t* v,
                                    size_t v_stride, const int16_t* u, int32_t* m) {
  assert(tiles >= 1 && blocks == 1 && depth % 8 == 0);
  (void)blocks;
  static constexpr decltype(&MultiplyTiles<1>) kTiles[] = {MultiplyTiles<1>, MultiplyTiles<2>,
                                                           MultiplyTiles<3>, MultiplyTiles<4>,
                                                           MultiplyTiles<5>, MultiplyTiles<6>};
  for (size_t at = 0; at < kWinogradPositions; ++at) {
    for (size_t i = 0; i < tiles;) {
      const size_t passes = (tiles - i + kMostTiles - 1) / kMostTiles;
      const size_t now = (tiles - i + passes - 1) / passes;  // passes of even size
      kTiles[now - 1](depth, v + i * v_stride + at * depth, v_stride, u + at * depth * 16,
                      m + (i * kWinogradPositions + at) * 16);
      i += now;
    }
  }
}

void winograd_s8_6x16_avx2_output(const int32_t* m, size_t n, const WinogradS8Tile* tile, int8_t* y,
                                  const WinogradS8Params* params) {
  alignas(32) int32_t acc[4][4][16];
  for (size_t j = 0; j < 16; j += 8) {
    OutputLanes<S32x8>(m + j, params->bias + j, [&](size_t row, size_t column, S32x8 sums) {
      sums.Store(&acc[row][column][j]);
    });
  }
  const RequantS8 q = params->requant;
  const WinogradS8Tile part = *tile;
  for (size_t row = 0; row < part.rows; ++row) {
    for (size_t column = 0; column < part.columns; ++column) {
      const __m256i* sums = reinterpret_cast<const __m256i*>(acc[row][column]);
      StoreS8Avx2(y + row * part.line + column * part.pixel,
                  RequantizeS8x16Avx2(sums[0], sums[1], q.mult, q), n);
    }
  }
}

}  // namespace edgec
