// Weights as blocks of s8_block (edgec/format/spec.md, Packing), written from the specification and
// not from the packer: for tests of kernels and ops.
#ifndef EDGEC_TESTS_SPARSE_BLOCKS_H_
#define EDGEC_TESTS_SPARSE_BLOCKS_H_

#include <algorithm>
#include <cstdint>
#include <functional>
#include <vector>

namespace edgec_test {

struct SparseBlocks {
  std::vector<int8_t> blocks;    // [·][columns][4]
  std::vector<uint32_t> counts;  // [groups][taps]
  std::vector<uint8_t> deltas;   // [·]
};

// The weight of a column at a depth of a tap, and whether a block is kept.
using WeightAt = std::function<int8_t(size_t column, size_t tap, size_t depth)>;
using KeptAt = std::function<bool(size_t group, size_t tap, size_t block)>;

// k: the depth of a tap, a multiple of 4. Columns ≥ n are zero.
inline SparseBlocks MakeSparseBlocks(size_t columns, size_t n, size_t taps, size_t k,
                                     const WeightAt& weight, const KeptAt& kept) {
  SparseBlocks made;
  for (size_t group = 0; group * columns < n; ++group) {
    for (size_t t = 0; t < taps; ++t) {
      uint32_t count = 0;
      size_t last = 0;
      for (size_t at = 0; at < k / 4; ++at) {
        const bool bridge = at - last == 255 && !kept(group, t, at);  // deltas are bytes
        if (!bridge && !kept(group, t, at)) continue;
        made.deltas.push_back(static_cast<uint8_t>(at - last));
        for (size_t j = 0; j < columns; ++j) {
          const size_t column = group * columns + j;
          for (size_t q = 0; q < 4; ++q) {
            const bool there = !bridge && column < n;
            made.blocks.push_back(there ? weight(column, t, 4 * at + q) : int8_t{0});
          }
        }
        last = at;
        ++count;
      }
      made.counts.push_back(count);
    }
  }
  return made;
}

}  // namespace edgec_test

#endif  // EDGEC_TESTS_SPARSE_BLOCKS_H_
