// Requantizes and stores the sums of a NEON tile, with and without dot product.
#ifndef EDGEC_KERNELS_SPARSE_IGEMM_S8_STORE_NEON_H_
#define EDGEC_KERNELS_SPARSE_IGEMM_S8_STORE_NEON_H_

#include <arm_neon.h>

#include "kernels/requant/requant_neon.h"
#include "kernels/sparse_igemm_s8/walk.h"

namespace edgec {
namespace {

// acc: kRows × kQuads registers of 4 columns, row by row; `first`: the first column of all. By
// recursion, registers 2p, 2p + 1 and on: so that acc is never an array in memory.
template <size_t kRows, size_t kQuads, size_t p = 0>
inline void StoreTileNeon(const int32x4_t* acc, int8_t* c, size_t c_stride, size_t n,
                          const RequantS8& q, size_t first) {
  constexpr size_t kSums = kRows * kQuads, kLast = 2 * p + 1 < kSums ? 2 * p + 1 : 2 * p;
  const float* mult = q.mult + first;
  const int32x4_t low = RequantizeS8x4Neon(acc[2 * p], mult + 4 * (2 * p % kQuads), q);
  const int32x4_t high = RequantizeS8x4Neon(acc[kLast], mult + 4 * (kLast % kQuads), q);
  const int8x8_t bytes = vmovn_s16(vcombine_s16(vmovn_s32(low), vmovn_s32(high)));
  StoreEight<kRows, kQuads>(p, vget_lane_u64(vreinterpret_u64_s8(bytes), 0), c, c_stride, n);
  if constexpr (2 * p + 2 < kSums) {
    StoreTileNeon<kRows, kQuads, p + 1>(acc, c, c_stride, n, q, first);
  }
}

}  // namespace
}  // namespace edgec
#endif  // EDGEC_KERNELS_SPARSE_IGEMM_S8_STORE_NEON_H_
