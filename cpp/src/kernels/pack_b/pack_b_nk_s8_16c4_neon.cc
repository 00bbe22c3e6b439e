// b as [n][k]: 16 depths of four columns are four words of 4 depths each, transposed by zipping.
#include <arm_neon.h>

#include "kernels/pack_b/edges.h"

namespace edgec {
namespace {

int32_t SumOfLanes(int32x4_t a) {
  const int32x2_t pairs = vadd_s32(vget_low_s32(a), vget_high_s32(a));
  return vget_lane_s32(vpadd_s32(pairs, pairs), 0);
}

void Columns4(const int8_t* const* columns, size_t k, int8_t* w, size_t blocks, int32_t* sums) {
  int32x4_t sum[4] = {vdupq_n_s32(0), vdupq_n_s32(0), vdupq_n_s32(0), vdupq_n_s32(0)};
  for (size_t p = 0; p < k; p += 16, w += 4 * 64) {
    int32x4_t c[4];
#pragma GCC unroll 4
    for (size_t j = 0; j < 4; ++j) {
      const int8x16_t depths = vld1q_s8(columns[j] + p);
      sum[j] = vpadalq_s16(sum[j], vpaddlq_s8(depths));
      c[j] = vreinterpretq_s32_s8(depths);
    }
    const int32x4x2_t even = vzipq_s32(c[0], c[2]), odd = vzipq_s32(c[1], c[3]);
#pragma GCC unroll 2
    for (size_t i = 0; i < 2; ++i) {
      const int32x4x2_t two = vzipq_s32(even.val[i], odd.val[i]);
      if (2 * i < blocks) vst1q_s8(w + 128 * i, vreinterpretq_s8_s32(two.val[0]));
      if (2 * i + 1 < blocks) vst1q_s8(w + 128 * i + 64, vreinterpretq_s8_s32(two.val[1]));
    }
  }
  for (size_t j = 0; j < 4; ++j) sums[j] += SumOfLanes(sum[j]);
}

}  // namespace

void pack_b_nk_s8_16c4_neon(size_t n, size_t k, const int8_t* b, size_t b_stride, int8_t* w,
                            int32_t* sums) {
  PackNk(n, k, b, b_stride, w, sums, Columns4);
}

}  // namespace edgec
