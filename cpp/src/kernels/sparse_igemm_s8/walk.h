// What the fast kernels of the family share: the walk over kept blocks. A Tile is the sums of
// kRows rows × kColumns columns in registers:
//
//     Tile(bias)                       sums begin as the bias of kColumns columns, or as zero
//     AddBlock(row, depth, block)      adds one block; `depth` from each row's pointer
//     AddPair(row, depths, blocks)     if kPairs: adds two neighbouring blocks
//     Store(c, c_stride, n, params, first)   requantizes and stores the first n columns
//
// Everything lies in an unnamed namespace: each kernel file has its own copy with its own flags.
#ifndef EDGEC_KERNELS_SPARSE_IGEMM_S8_WALK_H_
#define EDGEC_KERNELS_SPARSE_IGEMM_S8_WALK_H_

#include "kernels/requant/tail.h"
#include "kernels/sparse_igemm_s8/sparse_igemm_s8.h"

namespace edgec {
namespace {

// Where the next blocks are.
struct BlockStream {
  const int8_t* block;
  const uint8_t* delta;
};

template <class Tile>
inline BlockStream AddTap(uint32_t count, const int8_t* const* row, ptrdiff_t depth, BlockStream at,
                          Tile* tile) {
  constexpr size_t kBytes = 4 * Tile::kColumns;
  const uint8_t* const end = at.delta + count;
  if constexpr (Tile::kPairs) {
    for (; end - at.delta >= 2; at.delta += 2, at.block += 2 * kBytes) {
      const ptrdiff_t first = depth + 4 * ptrdiff_t{at.delta[0]};
      depth = first + 4 * ptrdiff_t{at.delta[1]};
      tile->AddPair(row, first, depth, at.block);
    }
  }
  for (; at.delta != end; ++at.delta, at.block += kBytes) {
    depth += 4 * ptrdiff_t{*at.delta};
    tile->AddBlock(row, depth, at.block);
  }
  return at;
}

// A kernel for exactly Tile::kRows rows.
template <class Tile>
void Walk(size_t n, size_t taps, const int8_t* const* a, const ptrdiff_t* tap,
          const SparseS8Weights& w, int8_t* c, size_t c_stride, const SparseIgemmS8Params& params) {
  const int8_t* row[Tile::kRows];
  for (size_t i = 0; i < Tile::kRows; ++i) row[i] = a[i];
  const uint32_t* count = w.counts;
  BlockStream at{w.blocks, w.deltas};
  for (size_t first = 0; first < n; first += Tile::kColumns) {
    Tile tile(params.bias + first);
    for (size_t t = 0; t < taps; ++t) at = AddTap(*count++, row, tap[t], at, &tile);
    tile.Store(c + first, c_stride, n - first, params, first);
  }
}

// Out of line: written out at every store of every tile, it would be half of the family's code.
[[maybe_unused]] __attribute__((noinline, cold)) static void StoreEdge(int8_t* to, uint64_t bytes,
                                                                       size_t n) {
  StoreUpTo8(to, bytes, n);
}

// The first n columns of kCount (4 or 8) neighbouring ones.
template <size_t kCount>
inline void StoreColumns(int8_t* to, uint64_t bytes, size_t n) {
  if (n >= kCount) {
    std::memcpy(to, &bytes, kCount);
  } else {
    StoreEdge(to, bytes, n);
  }
}

// Stores the p-th eight results of a tile of kRows rows × kQuads · 4 columns, row by row: of two
// rows if kQuads is 1. `n`: columns that are there.
template <size_t kRows, size_t kQuads>
inline void StoreEight(size_t p, uint64_t bytes, int8_t* c, size_t c_stride, size_t n) {
  if constexpr (kQuads == 1) {
    StoreColumns<4>(c + 2 * p * c_stride, bytes, n);
    if (2 * p + 1 < kRows) StoreColumns<4>(c + (2 * p + 1) * c_stride, bytes >> 32, n);
  } else {
    const size_t row = 2 * p / kQuads, column = 4 * (2 * p % kQuads);
    if (column < n) StoreColumns<8>(c + row * c_stride + column, bytes, n - column);
  }
}

}  // namespace
}  // namespace edgec
#endif  // EDGEC_KERNELS_SPARSE_IGEMM_S8_WALK_H_
