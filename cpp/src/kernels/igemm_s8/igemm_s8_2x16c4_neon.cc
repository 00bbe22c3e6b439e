// Tiles of 2 rows × 16 columns for CPUs without dot product, and for any weights
// (half_sums_neon.h): smull then sadalp, never smlal into int16, so every pair of int8 is exact,
// −128 · −128 included. The two run on different pipes of a Cortex-A72.
#include <cassert>

#include "kernels/igemm_s8/half_sums_neon.h"

namespace edgec {
namespace {

struct SingleProducts {
  template <size_t kRows>
  static const int8_t* Add(size_t k, const int8_t* const* row, const int8_t* w, HalfSums* acc) {
    for (size_t p = 0; p < k; p += 4, w += 64) AddFourDepths<kRows>(row, p, w, acc);
    return w;
  }
};

}  // namespace

void igemm_s8_2x16c4_neon(size_t m, size_t n, size_t k, size_t taps, const int8_t* const* a,
                          const ptrdiff_t* tap, const int8_t* w, int8_t* c, size_t c_stride,
                          const IgemmS8Params* params) {
  assert(m >= 1 && m <= 24 && n >= 1 && taps >= 1 && k >= 4 && k % 4 == 0);
  const HalfSumColumns of{k, taps, c_stride, tap, w, params->requant, nullptr, {}, {}};
  RunHalfSums<SingleProducts>(m, n, of, a, c, *params);
}

}  // namespace edgec
