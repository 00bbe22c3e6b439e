// 6 rows × 16 columns: 24 registers of sums (tile_neondot.h).
#include <cassert>

#include "kernels/sparse_igemm_s8/tile_neondot.h"

namespace edgec {

void sparse_igemm_s8_6x16_neondot(size_t m, size_t n, size_t taps, const int8_t* const* a,
                                  const ptrdiff_t* tap, const SparseS8Weights* w, int8_t* c,
                                  size_t c_stride, const SparseIgemmS8Params* params) {
  assert(m >= 1 && m <= 6 && n >= 1 && taps >= 1 && w->columns == 16);
  static constexpr decltype(&Walk<TileNeondot<1, 4>>) kRows[] = {
      Walk<TileNeondot<1, 4>>, Walk<TileNeondot<2, 4>>, Walk<TileNeondot<3, 4>>,
      Walk<TileNeondot<4, 4>>, Walk<TileNeondot<5, 4>>, Walk<TileNeondot<6, 4>>};
  kRows[m - 1](n, taps, a, tap, *w, c, c_stride, *params);
}

}  // namespace edgec
