// 12 rows × 8 columns: 24 registers of sums (tile_neondot.h).
#include <cassert>

#include "kernels/sparse_igemm_s8/tile_neondot.h"

namespace edgec {

void sparse_igemm_s8_12x8_neondot(size_t m, size_t n, size_t taps, const int8_t* const* a,
                                  const ptrdiff_t* tap, const SparseS8Weights* w, int8_t* c,
                                  size_t c_stride, const SparseIgemmS8Params* params) {
  assert(m >= 1 && m <= 12 && n >= 1 && taps >= 1 && w->columns == 8);
  static constexpr decltype(&Walk<TileNeondot<1, 2>>) kRows[] = {
      Walk<TileNeondot<1, 2>>,  Walk<TileNeondot<2, 2>>,  Walk<TileNeondot<3, 2>>,
      Walk<TileNeondot<4, 2>>,  Walk<TileNeondot<5, 2>>,  Walk<TileNeondot<6, 2>>,
      Walk<TileNeondot<7, 2>>,  Walk<TileNeondot<8, 2>>,  Walk<TileNeondot<9, 2>>,
      Walk<TileNeondot<10, 2>>, Walk<TileNeondot<11, 2>>, Walk<TileNeondot<12, 2>>};
  kRows[m - 1](n, taps, a, tap, *w, c, c_stride, *params);
}

}  // namespace edgec
