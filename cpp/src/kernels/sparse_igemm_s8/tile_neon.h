// The sums of kRows rows × kQuads · 4 columns for CPUs without dot product. Two blocks meet in
// int16: smull, then smlal of the next block, are at most 2 · 128 · 127, which fits because no
// weight is −128; one sadalp then adds both. Half sums (depths 0+1 and 2+3) meet at the end:
//
//   a        │a0 a1 a2 a3│a0 a1 a2 a3│ … 4 times      int8, of block 0 and of block 1
//   w        │ column 0  │ column 1  │ column 2 │ 3   int8, of block 0 and of block 1
//   product  │ 8 sums of columns 0, 1 │               int16
//   acc      │ 01 │ 23 │ 01 │ 23 │                    int32
#ifndef EDGEC_KERNELS_SPARSE_IGEMM_S8_TILE_NEON_H_
#define EDGEC_KERNELS_SPARSE_IGEMM_S8_TILE_NEON_H_

#include <arm_neon.h>

#include "kernels/sparse_igemm_s8/store_neon.h"

namespace edgec {
namespace {

template <size_t kRowCount, size_t kQuads>
struct TileNeon {
  static constexpr size_t kRows = kRowCount, kColumns = 4 * kQuads;
  static constexpr bool kPairs = true;

  int32x4_t acc[2 * kRows * kQuads];  // row by row; two registers a quad

  explicit TileNeon(const int32_t* /*bias*/) : acc{} {}

  void AddBlock(const int8_t* const* row, ptrdiff_t depth, const int8_t* block) {
    AddRows<0, 1>(row, {{depth, 0}}, {{depth, 0}}, block);
  }

  void AddPair(const int8_t* const* row, ptrdiff_t depth_0, ptrdiff_t depth_1,
               const int8_t* blocks) {
    AddRows<0, 2>(row, {{depth_0, depth_1}}, {{depth_0, depth_1}}, blocks);
  }

  void Store(int8_t* c, size_t c_stride, size_t n, const SparseIgemmS8Params& params,
             size_t first) const {
    int32x4_t sums[kRows * kQuads];
    AddHalves<0>(params.bias + first, sums);
    const RepeatedMult<kQuads> mult(params.requant.mult + first);
    StoreTileNeon<kRows, kQuads>(sums, c, c_stride, n, params.requant, mult.of);
  }

 private:
  struct Depths {
    ptrdiff_t of[2];
  };

  static int8x16_t Broadcast(const int8_t* a) {
    int32_t four;
    std::memcpy(&four, a, sizeof(four));
    return vreinterpretq_s8_s32(vdupq_n_s32(four));
  }

  // Sums from half sums, and bias.
  template <size_t i>
  void AddHalves(const int32_t* bias, int32x4_t* sums) const {
    const int32x4_t low = acc[2 * i], high = acc[2 * i + 1];
    const int32x4_t both = vcombine_s32(vpadd_s32(vget_low_s32(low), vget_high_s32(low)),
                                        vpadd_s32(vget_low_s32(high), vget_high_s32(high)));
    sums[i] = vaddq_s32(both, vld1q_s32(bias + 4 * (i % kQuads)));
    if constexpr (i + 1 < kRows * kQuads) AddHalves<i + 1>(bias, sums);
  }

  // Products of the upper halves; ARMv7 has no instruction for it.
  static int16x8_t MultiplyHigh(int8x16_t a, int8x16_t w) {
#ifdef __aarch64__
    return vmull_high_s8(a, w);
#else
    return vmull_s8(vget_high_s8(a), vget_high_s8(w));
#endif
  }
  static int16x8_t MultiplyAddHigh(int16x8_t sum, int8x16_t a, int8x16_t w) {
#ifdef __aarch64__
    return vmlal_high_s8(sum, a, w);
#else
    return vmlal_s8(sum, vget_high_s8(a), vget_high_s8(w));
#endif
  }

  // Rows kRow .. kRows − 1 of kBlocks blocks, by recursion: GCC takes an unroll pragma here to the
  // loop outside. `now` and `next` are the same depths: those of row i + 2 wait for the sums of row
  // i, or GCC would load all rows first and run out of registers.
  template <size_t kRow, size_t kBlocks>
  void AddRows(const int8_t* const* row, Depths now, Depths next, const int8_t* blocks) {
    int8x16_t a[kBlocks];
    for (size_t b = 0; b < kBlocks; ++b) a[b] = Broadcast(row[kRow] + now.of[b]);
    for (size_t j = 0; j < kQuads; ++j) {
      int8x16_t w = vld1q_s8(blocks + 16 * j);
      int16x8_t low = vmull_s8(vget_low_s8(a[0]), vget_low_s8(w));
      int16x8_t high = MultiplyHigh(a[0], w);
      if constexpr (kBlocks == 2) {
        w = vld1q_s8(blocks + 4 * kColumns + 16 * j);
        low = vmlal_s8(low, vget_low_s8(a[1]), vget_low_s8(w));
        high = MultiplyAddHigh(high, a[1], w);
      }
      int32x4_t* sums = acc + 2 * (kRow * kQuads + j);
      sums[0] = vpadalq_s16(sums[0], low);
      sums[1] = vpadalq_s16(sums[1], high);
      asm("" : "+w"(sums[0]), "+w"(sums[1]), "+r"(now.of[0]), "+r"(now.of[1]));
    }
    if constexpr (kRow + 1 < kRows) AddRows<kRow + 1, kBlocks>(row, next, now, blocks);
  }
};

}  // namespace
}  // namespace edgec
#endif  // EDGEC_KERNELS_SPARSE_IGEMM_S8_TILE_NEON_H_
