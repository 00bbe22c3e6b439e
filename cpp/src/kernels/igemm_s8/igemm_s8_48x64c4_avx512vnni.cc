// 48 rows in tiles of up to 24 sums: 6 rows × 64 columns, 8 × 48, 12 × 32 or 8 × 16, as the columns
// divide. vpdpbusd wants one unsigned side: a, which comes with 128 added (a_offset).
//
//   w            │ 16 columns × 4 depths │ the next 16 │ …           │  1 .. 4 loads for all rows
//   a[i]         │ the row's 4 depths, in all lanes                  │  one broadcast per row
//   acc[i][b]    │ 16 int32              │ 16 int32    │ …           │
//
// 24 sums hide the latency of vpdpbusd (4 or 5 cycles, up to 2 in a cycle) and leave registers for
// the weights and a broadcast; one load serves more than two vpdpbusd.
#include <immintrin.h>

#include <cassert>

#include "kernels/igemm_s8/igemm_s8.h"
#include "kernels/requant/requant_avx512vnni.h"

namespace edgec {
namespace {

// What all tiles of a call share.
struct Call {
  size_t k, taps, c_stride;
  const ptrdiff_t* tap;
  RequantAvx512 requant;
};

// Where a tile begins.
struct Tile {
  const int8_t* const* a;
  const int32_t* row_offset;
  const int8_t* w;
  const int32_t* bias;
  const float* mult;
  int8_t* c;
  size_t ahead;    // bytes from w to a block of the next pass, to be fetched into L2
  size_t columns;  // as many as kBlocks · 16, or fewer in the last block
};

// Moved one tile down. Member by member: copies of the whole are wide loads, which wait for narrow
// stores.
inline void MoveDown(const Call& call, size_t rows, Tile* tile) {
  tile->a += rows;
  if (tile->row_offset != nullptr) tile->row_offset += rows;
  tile->c += rows * call.c_stride;
  tile->ahead += 16 * call.k * call.taps;
}

// In place: without the empty assembly, GCC copies each sum there and back, and spills some.
inline void AddDots(__m512i* acc, __m512i a, __m512i w) {
  *acc = _mm512_dpbusd_epi32(*acc, a, w);
  asm("" : "+v"(*acc));
}

template <size_t kRows, size_t kBlocks>
inline void AddTap(size_t k, const int8_t* const* a, ptrdiff_t at, const int8_t* w,
                   size_t block_bytes, size_t ahead, __m512i* acc) {
  const int8_t* row[kRows];
#pragma GCC unroll 16
  for (size_t i = 0; i < kRows; ++i) row[i] = a[i] + at;
  for (size_t p = 0; p < k; p += 4, w += 64) {
    __m512i w_p[kBlocks];
#pragma GCC unroll 4
    for (size_t b = 0; b < kBlocks; ++b) w_p[b] = _mm512_load_si512(w + b * block_bytes);
    // A narrow pass is the last, or nearly.
    if (kBlocks >= 3) _mm_prefetch(w + ahead, _MM_HINT_T1);
#pragma GCC unroll 16
    for (size_t i = 0; i < kRows; ++i) {
      int32_t four;
      std::memcpy(&four, row[i] + p, sizeof(four));
      const __m512i a_p = _mm512_set1_epi32(four);
#pragma GCC unroll 4
      for (size_t b = 0; b < kBlocks; ++b) AddDots(&acc[i * kBlocks + b], a_p, w_p[b]);
    }
  }
}

// The first `columns` of one row's kBlocks · 16, which lie from 16 · kBlocks · kPlace on.
template <size_t kBlocks, size_t kPlace>
inline void StoreRow(int8_t* c, __m512i packed, size_t columns) {
  if constexpr (kBlocks == 1) {
    const __m128i row = _mm512_extracti32x4_epi32(packed, kPlace);
    if (columns >= 16) return _mm_storeu_si128(reinterpret_cast<__m128i*>(c), row);
    _mm_mask_storeu_epi8(c, LanesAvx512(columns), row);
  } else if constexpr (kBlocks == 2) {
    const __m256i row = _mm512_extracti64x4_epi64(packed, kPlace);
    if (columns >= 32) return _mm256_storeu_si256(reinterpret_cast<__m256i*>(c), row);
    _mm256_mask_storeu_epi8(c, (__mmask32{1} << columns) - 1, row);
  } else if constexpr (kBlocks == 3) {
    const __m256i first = _mm512_castsi512_si256(packed);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(c), first);
    const __m128i last = _mm512_extracti32x4_epi32(packed, 2);
    if (columns >= 48) return _mm_storeu_si128(reinterpret_cast<__m128i*>(c + 32), last);
    _mm_mask_storeu_epi8(c + 32, LanesAvx512(columns - 32), last);
  } else {
    if (columns >= 64) return _mm512_storeu_si512(c, packed);
    _mm512_mask_storeu_epi8(c, (__mmask64{1} << columns) - 1, packed);
  }
}

// The last 4 depths of a row: at `at` in a, at w for all blocks.
template <size_t kBlocks>
inline void AddLast(const int8_t* a, const __m512i* w, __m512i* acc) {
  int32_t four;
  std::memcpy(&four, a, sizeof(four));
  const __m512i a_p = _mm512_set1_epi32(four);
#pragma GCC unroll 4
  for (size_t b = 0; b < kBlocks; ++b) AddDots(&acc[b], a_p, w[b]);
}

// Four registers are packed at once: 4 rows of 1 block, 2 rows of 2, or 1 row. The last 4 depths
// are added here, row by row, which gives the ports of vpdpbusd work while others requantize.
template <size_t kRows, size_t kBlocks>
inline void Finish(const Call& call, const Tile& tile, const __m512i* w, ptrdiff_t at,
                   __m512i* acc) {
  constexpr size_t kAtOnce = 4 / kBlocks;
#pragma GCC unroll 16
  for (size_t i = 0; i < kRows; i += kAtOnce) {
#pragma GCC unroll 4
    for (size_t row = 0; row < kAtOnce; ++row) {
      if (i + row < kRows) AddLast<kBlocks>(tile.a[i + row] + at, w, acc + (i + row) * kBlocks);
    }
    __m512i s[4];
#pragma GCC unroll 4
    for (size_t r = 0; r < 4; ++r) {
      const size_t row = i + r / kBlocks, block = r % kBlocks;
      const bool used = r < kAtOnce * kBlocks && row < kRows;
      s[r] = used ? ScaleAvx512(acc[row * kBlocks + block], tile.mult + 16 * block, call.requant)
                  : s[0];
    }
    const __m512i packed = PackS8Avx512(s[0], s[1], s[2], s[3], call.requant);
    int8_t* c = tile.c + i * call.c_stride;
    StoreRow<kBlocks, 0>(c, packed, tile.columns);
    if constexpr (kBlocks <= 2) {
      if (i + 1 < kRows) StoreRow<kBlocks, 1>(c + call.c_stride, packed, tile.columns);
    }
    if constexpr (kBlocks == 1) {
      if (i + 2 < kRows) StoreRow<kBlocks, 2>(c + 2 * call.c_stride, packed, tile.columns);
      if (i + 3 < kRows) StoreRow<kBlocks, 3>(c + 3 * call.c_stride, packed, tile.columns);
    }
  }
}

template <size_t kRows, size_t kBlocks>
inline void Start(const Tile& tile, __m512i* acc) {
#pragma GCC unroll 48
  for (size_t at = 0; at < kRows * kBlocks; ++at) {
    acc[at] = _mm512_loadu_si512(tile.bias + at % kBlocks * 16);
  }
  if (tile.row_offset == nullptr) return;
#pragma GCC unroll 48
  for (size_t at = 0; at < kRows * kBlocks; ++at) {
    acc[at] = _mm512_add_epi32(acc[at], _mm512_set1_epi32(tile.row_offset[at / kBlocks]));
  }
}

template <size_t kRows, size_t kBlocks>
void RunTiles(const Call& call, Tile* at, size_t tiles) {
  Tile& tile = *at;
  const size_t block_bytes = 16 * call.k * call.taps;
  for (; tiles > 0; --tiles) {
    __m512i acc[kRows * kBlocks];
    Start<kRows, kBlocks>(tile, acc);
    const int8_t* w = tile.w;
    const size_t last = call.taps - 1;
    for (size_t t = 0; t < last; ++t, w += 16 * call.k) {
      AddTap<kRows, kBlocks>(call.k, tile.a, call.tap[t], w, block_bytes, tile.ahead, acc);
    }
    AddTap<kRows, kBlocks>(call.k - 4, tile.a, call.tap[last], w, block_bytes, tile.ahead, acc);
    w += 16 * (call.k - 4);
    __m512i w_last[kBlocks];
#pragma GCC unroll 4
    for (size_t b = 0; b < kBlocks; ++b) w_last[b] = _mm512_load_si512(w + b * block_bytes);
    Finish<kRows, kBlocks>(call, tile, w_last, call.tap[last] + static_cast<ptrdiff_t>(call.k - 4),
                           acc);
    MoveDown(call, kRows, &tile);
  }
}

// Shallow products are mostly requantization, which has pipes of its own. Pipes are given out in
// the order of the program: so 8 sums are made between the steps that make bytes of the 8 before.
//
//   sums       │ depth 0 … 3 │           │ depth 4 … 7 │           │ 8 … 11 │                 │ …
//   8 before                 │ to float  │             │ · mult    │        │ round and store │
template <size_t kRows, size_t kBlocks>
struct Shallow {
  static_assert(kRows * kBlocks == 8, "two times what is packed at once");
  __m512 mult[kBlocks];
  int8_t* c;
  __m512i acc[8];
};

template <size_t kRows, size_t kBlocks>
inline void StoreShallow(const Call& call, size_t columns, const Shallow<kRows, kBlocks>& done) {
#pragma GCC unroll 2
  for (size_t g = 0; g < 2; ++g) {
    __m512i s[4];
#pragma GCC unroll 4
    for (size_t r = 0; r < 4; ++r) {
      __m512 real = _mm512_castsi512_ps(done.acc[4 * g + r]);
      if (!call.requant.fits_int32) real = _mm512_min_ps(real, call.requant.high);
      s[r] = _mm512_cvtps_epi32(real);
    }
    const __m512i packed = PackS8Avx512(s[0], s[1], s[2], s[3], call.requant);
    int8_t* c = done.c + g * (kRows / 2) * call.c_stride;
    StoreRow<kBlocks, 0>(c, packed, columns);
    if constexpr (kBlocks <= 2) StoreRow<kBlocks, 1>(c + call.c_stride, packed, columns);
    if constexpr (kBlocks == 1) {
      StoreRow<kBlocks, 2>(c + 2 * call.c_stride, packed, columns);
      StoreRow<kBlocks, 3>(c + 3 * call.c_stride, packed, columns);
    }
  }
}

template <size_t kRows, size_t kBlocks>
inline void RequantizeShallow(const Call& call, size_t columns, size_t third,
                              Shallow<kRows, kBlocks>* done) {
  if (third == 2) return StoreShallow(call, columns, *done);
#pragma GCC unroll 8
  for (size_t r = 0; r < 8; ++r) {
    __m512i& sum = done->acc[r];
    sum =
        third == 0
            ? _mm512_castps_si512(_mm512_cvtepi32_ps(sum))
            : _mm512_castps_si512(_mm512_mul_ps(_mm512_castsi512_ps(sum), done->mult[r % kBlocks]));
  }
}

// 4 depths, from p on.
template <size_t kRows, size_t kBlocks>
inline void AddDepths(const int8_t* const* row, size_t p, const int8_t* w, size_t block_bytes,
                      __m512i* acc) {
  __m512i w_p[kBlocks];
#pragma GCC unroll 4
  for (size_t b = 0; b < kBlocks; ++b) {
    w_p[b] = _mm512_load_si512(w + b * block_bytes + 16 * p);
    asm("" : "+v"(w_p[b]));  // or GCC loads it once more for each row
  }
#pragma GCC unroll 8
  for (size_t i = 0; i < kRows; ++i) {
    int32_t four;
    std::memcpy(&four, row[i] + p, sizeof(four));
    const __m512i a_p = _mm512_set1_epi32(four);
#pragma GCC unroll 4
    for (size_t b = 0; b < kBlocks; ++b) AddDots(&acc[i * kBlocks + b], a_p, w_p[b]);
  }
}

template <size_t kRows, size_t kBlocks, bool kFirst>
inline void RunShallow(const Call& call, const Tile& tile, size_t i,
                       Shallow<kRows, kBlocks>* sums) {
  const size_t k = call.k;
  const int8_t* row[kRows];
#pragma GCC unroll 8
  for (size_t r = 0; r < kRows; ++r) row[r] = tile.a[i + r] + call.tap[0];
  Tile at = tile;
  if (at.row_offset != nullptr) at.row_offset += i;
  __m512i acc[8];
  Start<kRows, kBlocks>(at, acc);
#pragma GCC unroll 3
  for (size_t third = 0; third < 3; ++third) {
    AddDepths<kRows, kBlocks>(row, 4 * third, tile.w, 16 * k, acc);
    if (!kFirst) RequantizeShallow(call, tile.columns, third, sums);
  }
  for (size_t p = 12; p < k; p += 4) {
    AddDepths<kRows, kBlocks>(row, p, tile.w, 16 * k, acc);
  }
#pragma GCC unroll 8
  for (size_t r = 0; r < 8; ++r) sums->acc[r] = acc[r];
  sums->c = tile.c + i * call.c_stride;
}

// The last rows are some of those before, too, where m is no multiple: the same bytes twice.
template <size_t kRows, size_t kBlocks>
__attribute__((noinline)) void RunShallowPass(const Call& call, const Tile& tile, size_t m) {
  Shallow<kRows, kBlocks> sums;
#pragma GCC unroll 4
  for (size_t b = 0; b < kBlocks; ++b) sums.mult[b] = _mm512_loadu_ps(tile.mult + 16 * b);
  RunShallow<kRows, kBlocks, true>(call, tile, 0, &sums);
  for (size_t i = kRows; i < m; i += kRows) {
    RunShallow<kRows, kBlocks, false>(call, tile, i + kRows <= m ? i : m - kRows, &sums);
  }
  for (size_t third = 0; third < 3; ++third) {
    RequantizeShallow(call, tile.columns, third, &sums);
  }
}

using TilesFunction = void(const Call&, Tile*, size_t tiles);

constexpr TilesFunction* kTiles[4][12] = {
    {RunTiles<1, 1>, RunTiles<2, 1>, RunTiles<3, 1>, RunTiles<4, 1>, RunTiles<5, 1>, RunTiles<6, 1>,
     RunTiles<7, 1>, RunTiles<8, 1>},
    {RunTiles<1, 2>, RunTiles<2, 2>, RunTiles<3, 2>, RunTiles<4, 2>, RunTiles<5, 2>, RunTiles<6, 2>,
     RunTiles<7, 2>, RunTiles<8, 2>, RunTiles<9, 2>, RunTiles<10, 2>, RunTiles<11, 2>,
     RunTiles<12, 2>},
    {RunTiles<1, 3>, RunTiles<2, 3>, RunTiles<3, 3>, RunTiles<4, 3>, RunTiles<5, 3>, RunTiles<6, 3>,
     RunTiles<7, 3>, RunTiles<8, 3>},
    {RunTiles<1, 4>, RunTiles<2, 4>, RunTiles<3, 4>, RunTiles<4, 4>, RunTiles<5, 4>,
     RunTiles<6, 4>}};

constexpr size_t kShallow = 48;

constexpr uint32_t kMostRows[4] = {8, 12, 8, 6};

// All rows, in tiles of equal size, or one row more.
void RunPass(const Call& call, Tile* tile, uint32_t m, size_t blocks) {
  if (call.taps == 1 && call.k >= 12 && call.k <= kShallow && m >= 8) {
    if (blocks == 4) return RunShallowPass<2, 4>(call, *tile, m);
    if (blocks == 2) return RunShallowPass<4, 2>(call, *tile, m);
    if (blocks == 1) return RunShallowPass<8, 1>(call, *tile, m);
  }
  const uint32_t most = kMostRows[blocks - 1];
  const uint32_t tiles = (m - 1) / most + 1, rows = m / tiles, larger = m % tiles;
  if (larger > 0) kTiles[blocks - 1][rows](call, tile, larger);
  kTiles[blocks - 1][rows - 1](call, tile, tiles - larger);
}

// Four blocks fill the registers that are packed at once; one alone shares its broadcasts with
// none.
size_t BlocksOfPass(size_t left) { return left == 5 ? 3 : left < 4 ? left : 4; }

}  // namespace

void igemm_s8_48x64c4_avx512vnni(size_t m, size_t n, size_t k, size_t taps, const int8_t* const* a,
                                 const ptrdiff_t* tap, const int8_t* w, int8_t* c, size_t c_stride,
                                 const IgemmS8Params* params) {
  assert(m >= 1 && m <= 48 && n >= 1 && taps >= 1 && k >= 4 && k % 4 == 0);
  const Call call{k, taps, c_stride, tap, MakeRequantAvx512(params->requant)};
  for (size_t j = 0; j < n;) {
    const size_t blocks = BlocksOfPass((n - j - 1) / 16 + 1);
    Tile tile{a,
              params->row_offset,
              w + j * k * taps,
              params->bias + j,
              params->requant.mult + j,
              c + j,
              16 * blocks * k * taps,
              n - j};
    RunPass(call, &tile, static_cast<uint32_t>(m), blocks);
    j += 16 * blocks;
  }
}

}  // namespace edgec
