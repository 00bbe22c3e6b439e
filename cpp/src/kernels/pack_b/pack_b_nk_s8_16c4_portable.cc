// b as [n][k]: each column is already contiguous, four depths are one copy.
#include <cstring>

#include "kernels/pack_b/pack_b.h"

namespace edgec {
namespace {

// One column: k depths, in steps of 4 that lie 64 bytes apart in w.
int32_t PackColumn(size_t k, const int8_t* b, int8_t* w) {
  uint32_t sum = 0;
  for (size_t p = 0; p < k; ++p) sum += static_cast<uint32_t>(b[p]);
  size_t p = 0;
  for (; p + 4 <= k; p += 4, w += 64) std::memcpy(w, b + p, 4);
  if (p < k) {
    std::memset(w, 0, 4);
    std::memcpy(w, b + p, k - p);
  }
  return static_cast<int32_t>(sum);
}

}  // namespace

void pack_b_nk_s8_16c4_portable(size_t n, size_t k, const int8_t* b, size_t b_stride, int8_t* w,
                                int32_t* sums) {
  const size_t block_bytes = (k + 3) / 4 * 64;
  for (size_t block = 0; block < n; block += 16, w += block_bytes) {
    if (n - block < 16) std::memset(w, 0, block_bytes);
    for (size_t j = 0; j < 16; ++j) {
      const size_t column = block + j;
      sums[column] = column < n ? PackColumn(k, b + column * b_stride, w + 4 * j) : 0;
    }
  }
}

}  // namespace edgec
