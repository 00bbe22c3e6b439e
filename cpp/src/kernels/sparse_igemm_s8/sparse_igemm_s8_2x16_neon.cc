// 2 rows × 16 columns: 16 registers of half sums (tile_neon.h).
#include <cassert>

#include "kernels/sparse_igemm_s8/tile_neon.h"

namespace edgec {

void sparse_igemm_s8_2x16_neon(size_t m, size_t n, size_t taps, const int8_t* const* a,
                               const ptrdiff_t* tap, const SparseS8Weights* w, int8_t* c,
                               size_t c_stride, const SparseIgemmS8Params* params) {
  assert(m >= 1 && m <= 2 && n >= 1 && taps >= 1 && w->columns == 16);
  static constexpr decltype(&Walk<TileNeon<1, 4>>) kRows[] = {Walk<TileNeon<1, 4>>,
                                                              Walk<TileNeon<2, 4>>};
  kRows[m - 1](n, taps, a, tap, *w, c, c_stride, *params);
}

}  // namespace edgec
