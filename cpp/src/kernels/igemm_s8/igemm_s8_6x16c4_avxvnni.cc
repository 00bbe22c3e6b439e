// 6 rows × 16 columns, products by vpdpbusd on 256 bits: 8 columns × 4 depths in one instruction.
// One side of it is unsigned: a, which comes with 128 added (a_offset).
//
//   w            │ columns 0..7 × 4 depths │ columns 8..15 × 4 depths │   2 loads for all rows
//   a[i]         │ the row's 4 depths, in all lanes                   │   one broadcast per row
//   acc[2 · i]   │ 8 int32                 │ 8 int32                  │
//
// 12 sums hide the latency of vpdpbusd (5 cycles, 2 in a cycle), and there are 16 registers.
#include <immintrin.h>

#include <cassert>

#include "kernels/igemm_s8/igemm_s8.h"
#include "kernels/igemm_s8/tile_avx2.h"

namespace edgec {
namespace {

// What all tiles of a call share.
struct Call {
  size_t k, taps;
  const ptrdiff_t* tap;
};

template <size_t kRows>
inline void AddTap(size_t k, const int8_t* const* a, ptrdiff_t at, const int8_t* w, __m256i* acc) {
  const int8_t* row[kRows];
#pragma GCC unroll 6
  for (size_t i = 0; i < kRows; ++i) row[i] = a[i] + at;
  for (size_t p = 0; p < k; p += 4, w += 64) {
    const __m256i w_0 = _mm256_load_si256(reinterpret_cast<const __m256i*>(w));
    const __m256i w_8 = _mm256_load_si256(reinterpret_cast<const __m256i*>(w) + 1);
#pragma GCC unroll 6
    for (size_t i = 0; i < kRows; ++i) {
      int32_t four;
      std::memcpy(&four, row[i] + p, sizeof(four));
      const __m256i a_p = _mm256_set1_epi32(four);
      acc[2 * i] = _mm256_dpbusd_epi32(acc[2 * i], a_p, w_0);
      KeepInPlace(&acc[2 * i]);
      acc[2 * i + 1] = _mm256_dpbusd_epi32(acc[2 * i + 1], a_p, w_8);
      KeepInPlace(&acc[2 * i + 1]);
    }
  }
}

template <size_t kRows>
void RunTile(const Call& call, const int8_t* const* a, const int8_t* w, const TileAvx2& tile) {
  __m256i acc[2 * kRows];
  StartFromBias<kRows>(tile, acc);
  for (size_t t = 0; t < call.taps; ++t, w += 16 * call.k) {
    AddTap<kRows>(call.k, a, call.tap[t], w, acc);
  }
  StoreTile<kRows>(tile, acc);
}

// All rows, in tiles of equal size, or one row more.
void RunTiles(const Call& call, uint32_t m, const int8_t* const* a, const int8_t* w,
              TileAvx2 tile) {
  static constexpr decltype(&RunTile<1>) kRun[] = {RunTile<1>, RunTile<2>, RunTile<3>,
                                                   RunTile<4>, RunTile<5>, RunTile<6>};
  for (uint32_t left = (m - 1) / kTileRows + 1, i = 0; left > 0; --left) {
    const uint32_t rows = (m - i - 1) / left + 1;
    kRun[rows - 1](call, a + i, w, tile);
    MoveDown(rows, &tile);
    i += rows;
  }
}

}  // namespace

void igemm_s8_6x16c4_avxvnni(size_t m, size_t n, size_t k, size_t taps, const int8_t* const* a,
                             const ptrdiff_t* tap, const int8_t* w, int8_t* c, size_t c_stride,
                             const IgemmS8Params* params) {
  assert(m >= 1 && m <= 24 && n >= 1 && taps >= 1 && k >= 4 && k % 4 == 0);
  const Call call{k, taps, tap};
  const RequantAvx2 requant = MakeRequantAvx2(params->requant);
  for (size_t j = 0; j < n; j += 16) {
    RunTiles(call, static_cast<uint32_t>(m), a, w + j * k * taps,
             {params->bias + j, params->row_offset, params->requant.mult + j, c + j, c_stride,
              n - j, &requant});
  }
}

}  // namespace edgec
