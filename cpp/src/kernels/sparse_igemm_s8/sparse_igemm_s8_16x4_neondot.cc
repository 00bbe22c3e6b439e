// 16 rows × 4 columns: 16 registers of sums (tile_neondot.h).
#include <cassert>

#include "kernels/sparse_igemm_s8/tile_neondot.h"

namespace edgec {

void sparse_igemm_s8_16x4_neondot(size_t m, size_t n, size_t taps, const int8_t* const* a,
                                  const ptrdiff_t* tap, const SparseS8Weights* w, int8_t* c,
                                  size_t c_stride, const SparseIgemmS8Params* params) {
  assert(m >= 1 && m <= 16 && n >= 1 && taps >= 1 && w->columns == 4);
  static constexpr decltype(&Walk<TileNeondot<1, 1>>) kRows[] = {
      Walk<TileNeondot<1, 1>>,  Walk<TileNeondot<2, 1>>,  Walk<TileNeondot<3, 1>>,
      Walk<TileNeondot<4, 1>>,  Walk<TileNeondot<5, 1>>,  Walk<TileNeondot<6, 1>>,
      Walk<TileNeondot<7, 1>>,  Walk<TileNeondot<8, 1>>,  Walk<TileNeondot<9, 1>>,
      Walk<TileNeondot<10, 1>>, Walk<TileNeondot<11, 1>>, Walk<TileNeondot<12, 1>>,
      Walk<TileNeondot<13, 1>>, Walk<TileNeondot<14, 1>>, Walk<TileNeondot<15, 1>>,
      Walk<TileNeondot<16, 1>>};
  kRows[m - 1](n, taps, a, tap, *w, c, c_stride, *params);
}

}  // namespace edgec
