// What the int8 pack_b kernels of all instruction sets share: where their registers of 16 bytes
// find b, and zeros in place of what b lacks. Each file that includes this has its own copy,
// compiled with its own flags.
#ifndef EDGEC_KERNELS_PACK_B_EDGES_H_
#define EDGEC_KERNELS_PACK_B_EDGES_H_

#include <cstring>

#include "kernels/pack_b/pack_b.h"

namespace edgec {
namespace {

// `block(rows, w, sums)` packs 4 depths (rows of b) × 16 columns, and adds to the 16 sums.
template <class Block>
inline void PackKn(size_t n, size_t k, const int8_t* b, size_t b_stride, int8_t* w, int32_t* sums,
                   Block block) {
  for (size_t column = 0; column < n; column += 16, sums += 16) {
    const size_t columns = n - column < 16 ? n - column : 16;
    std::memset(sums, 0, 16 * sizeof(int32_t));
    for (size_t p = 0; p < k; p += 4, w += 64) {
      int8_t edge[4][16] = {};
      const int8_t* rows[4] = {edge[0], edge[1], edge[2], edge[3]};
      for (size_t q = 0; q < 4 && p + q < k; ++q) {
        const int8_t* row = b + (p + q) * b_stride + column;
        if (columns == 16) {
          rows[q] = row;
        } else {
          std::memcpy(edge[q], row, columns);
        }
      }
      block(rows, w, sums);
    }
  }
}

// `columns4(columns, k, w, blocks, sums)` packs k depths, a multiple of 16, of 4 columns, and adds
// to their 4 sums; of each 16 depths it stores the first `blocks` · 4. A block of w is 64 bytes.
template <class Columns4>
inline void PackNk(size_t n, size_t k, const int8_t* b, size_t b_stride, int8_t* w, int32_t* sums,
                   Columns4 columns4) {
  const size_t block_bytes = (k + 3) / 4 * 64, whole = k / 16 * 16;
  for (size_t column = 0; column < (n + 15) / 16 * 16; column += 4) {
    int8_t* to = w + column / 16 * block_bytes + column % 16 * 4;
    const size_t count = n < column ? 0 : n - column < 4 ? n - column : 4;
    std::memset(sums + column, 0, 4 * sizeof(int32_t));
    const int8_t* first = count == 0 ? b : b + column * b_stride;
    if (count == 4) {
      const int8_t* columns[4] = {first, first + b_stride, first + 2 * b_stride,
                                  first + 3 * b_stride};
      columns4(columns, whole, to, size_t{4}, sums + column);
    }
    for (size_t p = count == 4 ? whole : 0; p < k; p += 16) {
      int8_t edge[4][16] = {};
      const size_t depths = k - p < 16 ? k - p : 16;
      for (size_t j = 0; j < count; ++j) std::memcpy(edge[j], first + j * b_stride + p, depths);
      const int8_t* columns[4] = {edge[0], edge[1], edge[2], edge[3]};
      columns4(columns, size_t{16}, to + p * 16, (depths + 3) / 4, sums + column);
    }
  }
}

}  // namespace
}  // namespace edgec
#endif  // EDGEC_KERNELS_PACK_B_EDGES_H_
