// b as [k][n]: four rows of 16 columns are interleaved into one block, a loop that compilers
// vectorize.
#include <cstring>

#include "kernels/pack_b/pack_b.h"

namespace edgec {
namespace {

// One block of 16 columns × 4 depths.
void PackBlock(const int8_t* const* depth, int8_t* w, int32_t* sums) {
  for (size_t j = 0; j < 16; ++j) {
    w[4 * j] = depth[0][j];
    w[4 * j + 1] = depth[1][j];
    w[4 * j + 2] = depth[2][j];
    w[4 * j + 3] = depth[3][j];
    const int32_t sum = depth[0][j] + depth[1][j] + depth[2][j] + depth[3][j];
    sums[j] = static_cast<int32_t>(static_cast<uint32_t>(sums[j]) + static_cast<uint32_t>(sum));
  }
}

}  // namespace

void pack_b_kn_s8_16c4_portable(size_t n, size_t k, const int8_t* b, size_t b_stride, int8_t* w,
                                int32_t* sums) {
  for (size_t block = 0; block < n; block += 16, sums += 16) {
    std::memset(sums, 0, 16 * sizeof(int32_t));
    for (size_t p = 0; p < k; p += 4, w += 64) {
      int8_t edge[4][16] = {};  // stands in where a row of 16 would leave b
      const int8_t* depth[4] = {edge[0], edge[1], edge[2], edge[3]};
      for (size_t q = 0; q < 4 && p + q < k; ++q) {
        const int8_t* row = b + (p + q) * b_stride + block;
        if (n - block >= 16) {
          depth[q] = row;
        } else {
          std::memcpy(edge[q], row, n - block);
        }
      }
      PackBlock(depth, w, sums);
    }
  }
}

}  // namespace edgec
