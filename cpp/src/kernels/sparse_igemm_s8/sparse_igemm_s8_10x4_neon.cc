// 10 rows × 4 columns: 20 registers of half sums (tile_neon.h).
#include <cassert>

#include "kernels/sparse_igemm_s8/tile_neon.h"

namespace edgec {

void sparse_igemm_s8_10x4_neon(size_t m, size_t n, size_t taps, const int8_t* const* a,
                               const ptrdiff_t* tap, const SparseS8Weights* w, int8_t* c,
                               size_t c_stride, const SparseIgemmS8Params* params) {
  assert(m >= 1 && m <= 10 && n >= 1 && taps >= 1 && w->columns == 4);
  static constexpr decltype(&Walk<TileNeon<1, 1>>) kRows[] = {
      Walk<TileNeon<1, 1>>, Walk<TileNeon<2, 1>>, Walk<TileNeon<3, 1>>, Walk<TileNeon<4, 1>>,
      Walk<TileNeon<5, 1>>, Walk<TileNeon<6, 1>>, Walk<TileNeon<7, 1>>, Walk<TileNeon<8, 1>>,
      Walk<TileNeon<9, 1>>, Walk<TileNeon<10, 1>>};
  kRows[m - 1](n, taps, a, tap, *w, c, c_stride, *params);
}

}  // namespace edgec
