// Tiles of 2 rows × 16 columns for CPUs without dot product: eight depths at a time
// (half_sums_neon.h). Weights lie in [−127, 127], so two products fit 16 bits: 2 · 128 · 127 <
// 2^15. smlal adds the second, and one sadalp serves both:
//
//   smull    a depths 0..3 · w depths 0..3      int16
//   smlal    + depths 4..7 · depths 4..7        int16
//   sadalp   int32                              the pipe of the multiplications is always busy
#include <cassert>

#include "kernels/igemm_s8/half_sums_neon.h"

namespace edgec {
namespace {

template <size_t kRows>
__attribute__((always_inline)) inline void AddEightDepths(const int8_t* const* row, size_t p,
                                                          const int8_t* w, HalfSums* acc) {
  int8x16_t a_0[kRows], a_4[kRows];
#pragma GCC unroll 8
  for (size_t i = 0; i < kRows; ++i) {
    a_0[i] = BroadcastDepths(row[i] + p);
    a_4[i] = BroadcastDepths(row[i] + p + 4);
  }
#pragma GCC unroll 8
  for (size_t j = 0; j < 4; ++j) {
    const int8x16_t w_0 = vld1q_s8(w + 16 * j), w_4 = vld1q_s8(w + 64 + 16 * j);
#pragma GCC unroll 8
    for (size_t i = 0; i < kRows; ++i) {
      int16x8_t low = vmull_s8(vget_low_s8(a_0[i]), vget_low_s8(w_0));
      int16x8_t high = MultiplyHigh(a_0[i], w_0);
      low = vmlal_s8(low, vget_low_s8(a_4[i]), vget_low_s8(w_4));
      high = MultiplyAddHigh(high, a_4[i], w_4);
      acc[i][2 * j] = vpadalq_s16(acc[i][2 * j], low);
      acc[i][2 * j + 1] = vpadalq_s16(acc[i][2 * j + 1], high);
    }
  }
}

struct PairedProducts {
  template <size_t kRows>
  static const int8_t* Add(size_t k, const int8_t* const* row, const int8_t* w, HalfSums* acc) {
    size_t p = 0;
    for (; p + 8 <= k; p += 8, w += 128) AddEightDepths<kRows>(row, p, w, acc);
    if (p == k) return w;
    AddFourDepths<kRows>(row, p, w, acc);
    return w + 64;
  }
};

}  // namespace

void igemm_s8_2x16c4_paired_neon(size_t m, size_t n, size_t k, size_t taps, const int8_t* const* a,
                                 const ptrdiff_t* tap, const int8_t* w, int8_t* c, size_t c_stride,
                                 const IgemmS8Params* params) {
  assert(m >= 1 && m <= 24 && n >= 1 && taps >= 1 && k >= 4 && k % 4 == 0);
  const HalfSumColumns of{k, taps, c_stride, tap, w, params->requant, nullptr, {}, {}};
  RunHalfSums<PairedProducts>(m, n, of, a, c, *params);
}

}  // namespace edgec
