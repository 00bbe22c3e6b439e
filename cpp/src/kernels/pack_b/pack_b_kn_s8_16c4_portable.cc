// b as [k][n]: four rows of 16 columns are interleaved into one block, a loop that compilers
// vectorize.
#include "kernels/pack_b/edges.h"

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
  PackKn(n, k, b, b_stride, w, sums, PackBlock);
}

}  // namespace edgec
