// 1 row × 4 columns at a time, of blocks of any width, in plain C++: the reference of the family.
// Sums are unsigned, so that they wrap.
#include <cassert>

#include "kernels/sparse_igemm_s8/sparse_igemm_s8.h"

namespace edgec {
namespace {

constexpr size_t kWidest = 16;

// acc[j] += Σ a · w over one block of `columns` × 4 depths.
void AddBlock(size_t columns, const int8_t* a, const int8_t* w, uint32_t* acc) {
  for (size_t j = 0; j < columns; ++j) {
    int32_t sum = 0;
    for (size_t q = 0; q < 4; ++q) sum += a[q] * w[4 * j + q];
    acc[j] += static_cast<uint32_t>(sum);
  }
}

}  // namespace

void sparse_igemm_s8_1x4_portable(size_t m, size_t n, size_t taps, const int8_t* const* a,
                                  const ptrdiff_t* tap, const SparseS8Weights* w, int8_t* c,
                                  size_t /*c_stride*/, const SparseIgemmS8Params* params) {
  assert(m == 1 && n >= 1 && taps >= 1 && w->columns % 4 == 0 && w->columns <= kWidest);
  (void)m;
  const int8_t* block = w->blocks;
  const uint8_t* delta = w->deltas;
  const uint32_t* count = w->counts;
  for (size_t first = 0; first < n; first += w->columns) {
    uint32_t acc[kWidest];
    for (size_t j = 0; j < w->columns; ++j) {
      acc[j] = static_cast<uint32_t>(params->bias[first + j]);
    }
    for (size_t t = 0; t < taps; ++t) {
      const int8_t* depth = a[0] + tap[t];
      for (uint32_t left = *count++; left > 0; --left, block += 4 * w->columns) {
        depth += 4 * size_t{*delta++};
        AddBlock(w->columns, depth, block, acc);
      }
    }
    for (size_t j = 0; j < w->columns && first + j < n; ++j) {
      c[first + j] = RequantizeS8(static_cast<int32_t>(acc[j]), params->requant.mult[first + j],
                                  params->requant);
    }
  }
}

}  // namespace edgec
