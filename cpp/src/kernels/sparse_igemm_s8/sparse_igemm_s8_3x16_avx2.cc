// 3 rows × 16 columns: 12 registers of sums (tile_avx2.h).
#include <cassert>

#include "kernels/sparse_igemm_s8/tile_avx2.h"

namespace edgec {

void sparse_igemm_s8_3x16_avx2(size_t m, size_t n, size_t taps, const int8_t* const* a,
                               const ptrdiff_t* tap, const SparseS8Weights* w, int8_t* c,
                               size_t c_stride, const SparseIgemmS8Params* params) {
  assert(m >= 1 && m <= 3 && n >= 1 && taps >= 1 && w->columns == 16);
  static constexpr decltype(&Walk<TileAvx2<1, 4>>) kRows[] = {
      Walk<TileAvx2<1, 4>>, Walk<TileAvx2<2, 4>>, Walk<TileAvx2<3, 4>>};
  kRows[m - 1](n, taps, a, tap, *w, c, c_stride, *params);
}

}  // namespace edgec
