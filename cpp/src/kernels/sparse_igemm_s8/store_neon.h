// Requantizes and stores the sums of a NEON tile, with and without dot product.
#ifndef EDGEC_KERNELS_SPARSE_IGEMM_S8_STORE_NEON_H_
#define EDGEC_KERNELS_SPARSE_IGEMM_S8_STORE_NEON_H_

#include <arm_neon.h>

#include "kernels/requant/requant_neon.h"
#include "kernels/sparse_igemm_s8/walk.h"

namespace edgec {
namespace {

// Multipliers of 16 results in a row: of 16 columns, or of kQuads · 4 columns again and again.
template <size_t kQuads>
struct RepeatedMult {
  float of[16];

  explicit RepeatedMult(const float* mult) {
    for (size_t i = 0; i < 4; ++i) vst1q_f32(of + 4 * i, vld1q_f32(mult + 4 * (i % kQuads)));
  }
};

// acc: kRows × kQuads registers of 4 columns, row by row. By recursion, four registers from 4p on:
// so that acc is never an array in memory.
template <size_t kRows, size_t kQuads, size_t p = 0>
inline void StoreTileNeon(const int32x4_t* acc, int8_t* c, size_t c_stride, size_t n,
                          const RequantS8& q, const float* mult) {
  constexpr size_t kSums = kRows * kQuads, kFirst = 4 * p, kLast = kSums - 1;
  const int32x4_t four[] = {acc[kFirst], acc[kFirst + 1 < kSums ? kFirst + 1 : kLast],
                            acc[kFirst + 2 < kSums ? kFirst + 2 : kLast],
                            acc[kFirst + 3 < kSums ? kFirst + 3 : kLast]};
  const uint64x2_t bytes = vreinterpretq_u64_s8(RequantizeS8x16Neon(four, mult, q));
  StoreEight<kRows, kQuads>(2 * p, vgetq_lane_u64(bytes, 0), c, c_stride, n);
  if constexpr (kFirst + 2 < kSums) {
    StoreEight<kRows, kQuads>(2 * p + 1, vgetq_lane_u64(bytes, 1), c, c_stride, n);
  }
  if constexpr (kFirst + 4 < kSums) {
    StoreTileNeon<kRows, kQuads, p + 1>(acc, c, c_stride, n, q, mult);
  }
}

}  // namespace
}  // namespace edgec
#endif  // EDGEC_KERNELS_SPARSE_IGEMM_S8_STORE_NEON_H_
