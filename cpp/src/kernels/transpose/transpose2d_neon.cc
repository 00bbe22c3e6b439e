// Bytes in tiles of 8 × 8, words of 32 bits in tiles of 4 × 4, by zipping pairs, pairs of pairs …
#include <arm_neon.h>

#include <cassert>

#include "kernels/transpose/tiles.h"

namespace edgec {
namespace {

void Tile8x8(const uint8_t* in, size_t in_stride, uint8_t* out, size_t out_stride) {
  uint16x8x2_t pair[2];  // of rows, then of columns: a0 b0 a1 b1 … with c0 d0 c1 d1 …
  uint16x8_t ab[4];
  for (size_t i = 0; i < 4; ++i) {
    const uint8_t* row = in + 2 * i * in_stride;
    const uint8x8x2_t zipped = vzip_u8(vld1_u8(row), vld1_u8(row + in_stride));
    ab[i] = vreinterpretq_u16_u8(vcombine_u8(zipped.val[0], zipped.val[1]));
  }
  for (size_t i = 0; i < 2; ++i) pair[i] = vzipq_u16(ab[2 * i], ab[2 * i + 1]);
  for (size_t i = 0; i < 2; ++i) {
    const uint32x4x2_t four =
        vzipq_u32(vreinterpretq_u32_u16(pair[0].val[i]), vreinterpretq_u32_u16(pair[1].val[i]));
    for (size_t half = 0; half < 2; ++half) {
      const uint8x16_t columns = vreinterpretq_u8_u32(four.val[half]);
      uint8_t* to = out + (4 * i + 2 * half) * out_stride;
      vst1_u8(to, vget_low_u8(columns));
      vst1_u8(to + out_stride, vget_high_u8(columns));
    }
  }
}

void Tile4x4(const uint32_t* in, size_t in_stride, uint32_t* out, size_t out_stride) {
  const uint32x4x2_t ac = vzipq_u32(vld1q_u32(in), vld1q_u32(in + 2 * in_stride));
  const uint32x4x2_t bd = vzipq_u32(vld1q_u32(in + in_stride), vld1q_u32(in + 3 * in_stride));
  for (size_t i = 0; i < 2; ++i) {
    const uint32x4x2_t columns = vzipq_u32(ac.val[i], bd.val[i]);
    vst1q_u32(out + 2 * i * out_stride, columns.val[0]);
    vst1q_u32(out + (2 * i + 1) * out_stride, columns.val[1]);
  }
}

}  // namespace

void transpose2d_neon(size_t element_bytes, const TransposeShape& shape, const void* in,
                      void* out) {
  assert(element_bytes == 1 || element_bytes == 4 || element_bytes == 8);
  if (element_bytes == 1) {
    Transpose<uint8_t, 8>(shape, in, out, Tile8x8);
  } else if (element_bytes == 4) {
    Transpose<uint32_t, 4>(shape, in, out, Tile4x4);
  } else {
    TransposePlain<uint64_t>(shape, in, out);
  }
}

}  // namespace edgec
