// 12 rows × 4 columns: 12 registers of sums (tile_avx2.h).
#include <cassert>

#include "kernels/sparse_igemm_s8/tile_avx2.h"

namespace edgec {

void sparse_igemm_s8_12x4_avx2(size_t m, size_t n, size_t taps, const int8_t* const* a,
                               const ptrdiff_t* tap, const SparseS8Weights* w, int8_t* c,
                               size_t c_stride, const SparseIgemmS8Params* params) {
  assert(m >= 1 && m <= 12 && n >= 1 && taps >= 1 && w->columns == 4);
  static constexpr decltype(&Walk<TileAvx2<1, 1>>) kRows[] = {
      Walk<TileAvx2<1, 1>>, Walk<TileAvx2<2, 1>>,  Walk<TileAvx2<3, 1>>,  Walk<TileAvx2<4, 1>>,
      Walk<TileAvx2<5, 1>>, Walk<TileAvx2<6, 1>>,  Walk<TileAvx2<7, 1>>,  Walk<TileAvx2<8, 1>>,
      Walk<TileAvx2<9, 1>>, Walk<TileAvx2<10, 1>>, Walk<TileAvx2<11, 1>>, Walk<TileAvx2<12, 1>>};
  kRows[m - 1](n, taps, a, tap, *w, c, c_stride, *params);
}

}  // namespace edgec
