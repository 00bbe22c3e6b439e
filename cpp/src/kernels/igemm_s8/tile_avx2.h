// A tile of up to 6 rows × 16 columns in registers of 256 bits: where sums start, and how they
// leave.
//
//              columns 0..7   columns 8..15
//   acc[2 · i] │ 8 int32      │ 8 int32       of row i: 12 registers, which leaves 4 for products
//
// For the kernels of AVX2 and of AVX-VNNI, which differ in how they add products. Everything here
// is static: files with different compiler flags must not share code.
#ifndef EDGEC_KERNELS_IGEMM_S8_TILE_AVX2_H_
#define EDGEC_KERNELS_IGEMM_S8_TILE_AVX2_H_

#include <immintrin.h>

#include "kernels/igemm_s8/igemm_s8.h"
#include "kernels/requant/requant_avx2.h"

namespace edgec {

constexpr size_t kTileRows = 6;

struct TileAvx2 {
  const int32_t* bias;        // of 16 columns
  const int32_t* row_offset;  // of the tile's rows, or nullptr
  const float* mult;
  int8_t* c;
  size_t c_stride;
  size_t columns;  // 16 or more, or what is left
  const RequantAvx2* requant;
};

static inline void MoveDown(size_t rows, TileAvx2* tile) {
  tile->c += rows * tile->c_stride;
  if (tile->row_offset != nullptr) tile->row_offset += rows;
}

// In place: without the empty assembly, GCC copies each sum there and back, and spills some.
static inline void KeepInPlace(__m256i* acc) { asm("" : "+x"(*acc)); }

template <size_t kRows>
static inline void StartFromBias(const TileAvx2& tile, __m256i* acc) {
  const __m256i* bias = reinterpret_cast<const __m256i*>(tile.bias);
#pragma GCC unroll 12
  for (size_t at = 0; at < 2 * kRows; ++at) acc[at] = _mm256_loadu_si256(bias + at % 2);
  if (tile.row_offset == nullptr) return;
#pragma GCC unroll 12
  for (size_t at = 0; at < 2 * kRows; ++at) {
    acc[at] = _mm256_add_epi32(acc[at], _mm256_set1_epi32(tile.row_offset[at / 2]));
  }
}

// Two rows are packed at once.
template <size_t kRows>
static inline void StoreTile(const TileAvx2& tile, const __m256i* acc) {
  const RequantAvx2& q = *tile.requant;
#pragma GCC unroll 6
  for (size_t i = 0; i < kRows; i += 2) {
    const bool both = i + 1 < kRows;
    const __m256i s_0 = ScaleAvx2(acc[2 * i], tile.mult, q);
    const __m256i s_1 = ScaleAvx2(acc[2 * i + 1], tile.mult + 8, q);
    const __m256i s_2 = both ? ScaleAvx2(acc[2 * i + 2], tile.mult, q) : s_0;
    const __m256i s_3 = both ? ScaleAvx2(acc[2 * i + 3], tile.mult + 8, q) : s_1;
    const __m256i packed = PackS8Avx2(s_0, s_1, s_2, s_3, q);
    int8_t* c = tile.c + i * tile.c_stride;
    StoreS8Avx2(c, _mm256_castsi256_si128(packed), tile.columns);
    if (both) StoreS8Avx2(c + tile.c_stride, _mm256_extracti128_si256(packed, 1), tile.columns);
  }
}

}  // namespace edgec
#endif  // EDGEC_KERNELS_IGEMM_S8_TILE_AVX2_H_
