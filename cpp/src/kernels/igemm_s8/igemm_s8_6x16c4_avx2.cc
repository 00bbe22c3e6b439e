// 6 rows × 16 columns, products by vpmaddwd: it is exact for every pair of int8 extended to int16,
// where vpmaddubsw would saturate. Extending costs as much as multiplying, so each value is
// extended once for many products and waits in the first cache: the rows of a call for 64 columns,
// a block of weights for 24 rows.
//
//   int8, s8_16c4    │ column 0: 0 1 2 3 │ column 1: 0 1 2 3 │ …   depths of 8 columns
//   int16, even      │ 0       2         │ 0       2         │ …   shifts split a register of them,
//   int16, odd       │ 1       3         │ 1       3         │ …   without a shuffle
//   a row, int16     │ 0 2 │ 1 3 │ 4 6 │ 5 7 │ …                   each pair is one broadcast
//
// So a lane of the sums is a column. Depths go by in chunks; between two of them sums wait in
// memory.
#include <immintrin.h>

#include <cassert>

#include "kernels/igemm_s8/igemm_s8.h"
#include "kernels/igemm_s8/tile_avx2.h"

namespace edgec {
namespace {

constexpr size_t kMostRows = 24;   // of a call
constexpr size_t kMostBlocks = 4;  // of 16 columns, for which rows are extended once

// Depths of a chunk: few, where weights are extended in memory for many rows; for a single tile,
// weights come as they are, and longer stretches of them are better fetched.
template <class Weight>
constexpr size_t kMostDepth = sizeof(Weight) == sizeof(int8_t) ? 1024 : 256;

// 26 KB on the stack, in the first cache.
struct Extended {
  alignas(32) int16_t a[kMostRows * kMostDepth<int16_t>];  // rows, kMostDepth apart
  alignas(32) int16_t w[16 * kMostDepth<int16_t>];
  alignas(32) int32_t sums[kMostBlocks][kMostRows][16];
};
static_assert(kTileRows * kMostDepth<int8_t> <= kMostRows * kMostDepth<int16_t>, "rows fit");

struct Rows {
  size_t m, k;
  const int8_t* const* a;
  const ptrdiff_t* tap;
};

// Depths from `first` on; taps follow each other.
struct Chunk {
  size_t first, depth;
  bool starts, ends;  // the sums
};

// Depths 0 1 2 3 of 4 groups become 0 2 1 3.
inline __m256i ExtendRow(__m128i depths) {
  const __m128i order = _mm_setr_epi8(0, 2, 1, 3, 4, 6, 5, 7, 8, 10, 9, 11, 12, 14, 13, 15);
  return _mm256_cvtepi8_epi16(_mm_shuffle_epi8(depths, order));
}

// `count` is a multiple of 4. The last 16 are read again rather than in pieces of 4.
inline void ExtendPiece(const int8_t* from, size_t count, int16_t* to) {
  if (count < 16) {
    for (size_t p = 0; p < count; p += 4) {
      int32_t four;
      std::memcpy(&four, from + p, sizeof(four));
      const __m256i extended = ExtendRow(_mm_cvtsi32_si128(four));
      _mm_storel_epi64(reinterpret_cast<__m128i*>(to + p), _mm256_castsi256_si128(extended));
    }
    return;
  }
  for (size_t p = 0; p < count; p += 16) {
    const size_t at = p + 16 <= count ? p : count - 16;
    const __m128i depths = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + at));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + at), ExtendRow(depths));
  }
}

void ExtendRows(const Rows& rows, const Chunk& chunk, size_t stride, int16_t* to) {
  const size_t end = chunk.first + chunk.depth;
  for (size_t at = chunk.first; at < end;) {
    const size_t t = at / rows.k, p = at % rows.k;
    const size_t count = rows.k - p < end - at ? rows.k - p : end - at;
    const ptrdiff_t offset = rows.tap[t] + static_cast<ptrdiff_t>(p);
    for (size_t i = 0; i < rows.m; ++i) {
      ExtendPiece(rows.a[i] + offset, count, to + i * stride + (at - chunk.first));
    }
    at += count;
  }
}

// Of 4 depths of 8 columns.
inline __m256i EvenDepths(__m256i w) { return _mm256_srai_epi16(_mm256_slli_epi16(w, 8), 8); }
inline __m256i OddDepths(__m256i w) { return _mm256_srai_epi16(w, 8); }

// 4 depths: even ones of columns 0..7, of 8..15, odd ones of 0..7, of 8..15.
void ExtendWeights(const int8_t* w, size_t depth, int16_t* to) {
  for (size_t p = 0; p < depth; p += 4, w += 64, to += 64) {
    const __m256i w_0 = _mm256_load_si256(reinterpret_cast<const __m256i*>(w));
    const __m256i w_8 = _mm256_load_si256(reinterpret_cast<const __m256i*>(w) + 1);
    __m256i* at = reinterpret_cast<__m256i*>(to);
    _mm256_store_si256(at, EvenDepths(w_0));
    _mm256_store_si256(at + 1, EvenDepths(w_8));
    _mm256_store_si256(at + 2, OddDepths(w_0));
    _mm256_store_si256(at + 3, OddDepths(w_8));
  }
}

// Two depths of kRows rows with 8 columns, whose sums are every second.
template <size_t kRows, size_t kStride>
inline void AddPair(const int16_t* a, __m256i w, __m256i* acc) {
#pragma GCC unroll 6
  for (size_t i = 0; i < kRows; ++i) {
    int32_t pair;
    std::memcpy(&pair, a + i * kStride, sizeof(pair));
    const __m256i products = _mm256_madd_epi16(_mm256_set1_epi32(pair), w);
    acc[2 * i] = _mm256_add_epi32(acc[2 * i], products);
    KeepInPlace(&acc[2 * i]);
  }
}

// Weights that were extended.
template <size_t kRows>
inline void AddChunk(size_t depth, const int16_t* a, const int16_t* w, __m256i* acc) {
  for (size_t p = 0; p < depth; p += 2, w += 32) {
    const __m256i w_0 = _mm256_load_si256(reinterpret_cast<const __m256i*>(w));
    const __m256i w_8 = _mm256_load_si256(reinterpret_cast<const __m256i*>(w) + 1);
#pragma GCC unroll 6
    for (size_t i = 0; i < kRows; ++i) {
      int32_t pair;
      std::memcpy(&pair, a + i * kMostDepth<int16_t> + p, sizeof(pair));
      const __m256i a_i = _mm256_set1_epi32(pair);
      acc[2 * i] = _mm256_add_epi32(acc[2 * i], _mm256_madd_epi16(a_i, w_0));
      KeepInPlace(&acc[2 * i]);
      acc[2 * i + 1] = _mm256_add_epi32(acc[2 * i + 1], _mm256_madd_epi16(a_i, w_8));
      KeepInPlace(&acc[2 * i + 1]);
    }
  }
}

// Weights as they are, for a single tile: extending them in memory would serve no other.
template <size_t kRows>
inline void AddChunk(size_t depth, const int16_t* a, const int8_t* w, __m256i* acc) {
  for (size_t p = 0; p < depth; p += 4, w += 64) {
#pragma GCC unroll 2
    for (size_t half = 0; half < 2; ++half) {
      const __m256i w_p = _mm256_load_si256(reinterpret_cast<const __m256i*>(w) + half);
      AddPair<kRows, kMostDepth<int8_t>>(a + p, EvenDepths(w_p), acc + half);
      AddPair<kRows, kMostDepth<int8_t>>(a + p + 2, OddDepths(w_p), acc + half);
    }
  }
}

template <size_t kRows, class Weight>
void RunTile(const Chunk& chunk, const int16_t* a, const Weight* w, int32_t* sums,
             const TileAvx2& tile) {
  __m256i acc[2 * kRows], *waiting = reinterpret_cast<__m256i*>(sums);
  if (chunk.starts) {
    StartFromBias<kRows>(tile, acc);
  } else {
#pragma GCC unroll 12
    for (size_t at = 0; at < 2 * kRows; ++at) acc[at] = _mm256_load_si256(waiting + at);
  }
  AddChunk<kRows>(chunk.depth, a, w, acc);
  if (chunk.ends) return StoreTile<kRows>(tile, acc);
#pragma GCC unroll 12
  for (size_t at = 0; at < 2 * kRows; ++at) _mm256_store_si256(waiting + at, acc[at]);
}

template <class Weight>
using TileFunction = void(const Chunk&, const int16_t*, const Weight*, int32_t*, const TileAvx2&);

template <class Weight>
constexpr TileFunction<Weight>* kRunTile[] = {RunTile<1, Weight>, RunTile<2, Weight>,
                                              RunTile<3, Weight>, RunTile<4, Weight>,
                                              RunTile<5, Weight>, RunTile<6, Weight>};

// 16 columns of a chunk, whose weights are at w: all rows, in tiles of equal size, or one row more.
void RunBlock(const Chunk& chunk, const int8_t* w, Extended* at, int32_t (*sums)[16], TileAvx2 tile,
              uint32_t m) {
  // A single tile takes weights as they are.
  if (m <= kTileRows) return kRunTile<int8_t>[m - 1](chunk, at->a, w, sums[0], tile);
  ExtendWeights(w, chunk.depth, at->w);
  for (uint32_t left = (m - 1) / kTileRows + 1, i = 0; left > 0; --left) {
    const uint32_t rows = (m - i - 1) / left + 1;
    kRunTile<int16_t>[rows - 1](chunk, at->a + i * kMostDepth<int16_t>, at->w, sums[i], tile);
    MoveDown(rows, &tile);
    i += rows;
  }
}

}  // namespace

void igemm_s8_6x16c4_avx2(size_t m, size_t n, size_t k, size_t taps, const int8_t* const* a,
                          const ptrdiff_t* tap, const int8_t* w, int8_t* c, size_t c_stride,
                          const IgemmS8Params* params) {
  assert(m >= 1 && m <= kMostRows && n >= 1 && taps >= 1 && k >= 4 && k % 4 == 0);
  Extended extended;
  const Rows rows{m, k, a, tap};
  const RequantAvx2 requant = MakeRequantAvx2(params->requant);
  const size_t depth = k * taps;
  const size_t most = m <= kTileRows ? kMostDepth<int8_t> : kMostDepth<int16_t>;
  size_t held = depth;  // where the depths of the extended rows begin
  for (size_t group = 0; group < n; group += 16 * kMostBlocks) {
    const size_t end = n - group < 16 * kMostBlocks ? n : group + 16 * kMostBlocks;
    for (size_t p = 0; p < depth; p += most) {
      const size_t left = depth - p;
      const Chunk chunk{p, left < most ? left : most, p == 0, left <= most};
      if (held != p) ExtendRows(rows, chunk, most, extended.a);
      held = p;
      for (size_t j = group; j < end; j += 16) {
        const TileAvx2 tile{
            params->bias + j, params->row_offset, params->requant.mult + j, c + j, c_stride, n - j,
            &requant};
        RunBlock(chunk, w + j * depth + 16 * p, &extended, extended.sums[(j - group) / 16], tile,
                 static_cast<uint32_t>(m));
      }
    }
  }
}

}  // namespace edgec
