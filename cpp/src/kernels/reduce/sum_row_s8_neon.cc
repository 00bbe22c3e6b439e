#include <arm_neon.h>

#include "kernels/reduce/reduce.h"

namespace edgec {

int32_t sum_row_s8_neon(size_t n, const int8_t* x) {
  int32x4_t sums = vdupq_n_s32(0);  // wrap
  size_t i = 0;
  for (; i + 16 <= n; i += 16) sums = vpadalq_s16(sums, vpaddlq_s8(vld1q_s8(x + i)));
  const int32x2_t pairs = vadd_s32(vget_low_s32(sums), vget_high_s32(sums));
  uint32_t total = static_cast<uint32_t>(vget_lane_s32(vpadd_s32(pairs, pairs), 0));
  for (; i < n; ++i) total += static_cast<uint32_t>(x[i]);
  return static_cast<int32_t>(total);
}

}  // namespace edgec
