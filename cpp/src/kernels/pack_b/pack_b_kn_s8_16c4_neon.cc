// b as [k][n]: a store of four registers interleaves four rows of 16 columns into one block.
#include <arm_neon.h>

#include "kernels/pack_b/edges.h"

namespace edgec {
namespace {

// Sums of eight columns.
void Add8(int8x8_t r_0, int8x8_t r_1, int8x8_t r_2, int8x8_t r_3, int32_t* sums) {
  const int16x8_t sum = vaddq_s16(vaddl_s8(r_0, r_1), vaddl_s8(r_2, r_3));
  vst1q_s32(sums, vaddw_s16(vld1q_s32(sums), vget_low_s16(sum)));
  vst1q_s32(sums + 4, vaddw_s16(vld1q_s32(sums + 4), vget_high_s16(sum)));
}

void PackBlock(const int8_t* const* rows, int8_t* w, int32_t* sums) {
  const int8x16x4_t r = {
      {vld1q_s8(rows[0]), vld1q_s8(rows[1]), vld1q_s8(rows[2]), vld1q_s8(rows[3])}};
  vst4q_s8(w, r);
  Add8(vget_low_s8(r.val[0]), vget_low_s8(r.val[1]), vget_low_s8(r.val[2]), vget_low_s8(r.val[3]),
       sums);
  Add8(vget_high_s8(r.val[0]), vget_high_s8(r.val[1]), vget_high_s8(r.val[2]),
       vget_high_s8(r.val[3]), sums + 8);
}

}  // namespace

void pack_b_kn_s8_16c4_neon(size_t n, size_t k, const int8_t* b, size_t b_stride, int8_t* w,
                            int32_t* sums) {
  PackKn(n, k, b, b_stride, w, sums, PackBlock);
}

}  // namespace edgec
