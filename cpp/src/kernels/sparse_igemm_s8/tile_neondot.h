// The sums of kRows rows × kQuads · 4 columns for CPUs with dot product. A scalar load brings a
// row's 4 depths into lane 0 and costs no vector slot, where ld1r would; sdot by lane does the
// rest.
//
//   a[i]      │ 4 depths of row i  │ 0 │ 0 │ 0 │
//   w[q]      │ column 4q: 4 depths │ 4q+1 │ 4q+2 │ 4q+3 │
//   acc[i][q] │ column 4q           │ 4q+1 │ 4q+2 │ 4q+3 │ += sdot(w[q], lane 0 of a[i])
#ifndef EDGEC_KERNELS_SPARSE_IGEMM_S8_TILE_NEONDOT_H_
#define EDGEC_KERNELS_SPARSE_IGEMM_S8_TILE_NEONDOT_H_

#include <arm_neon.h>

#include "kernels/sparse_igemm_s8/store_neon.h"

namespace edgec {
namespace {

template <size_t kRowCount, size_t kQuads>
struct TileNeondot {
  static constexpr size_t kRows = kRowCount, kColumns = 4 * kQuads;
  static constexpr bool kPairs = false;

  int32x4_t acc[kRows * kQuads];  // row by row

  explicit TileNeondot(const int32_t* bias) { Begin<0>(bias); }

  void AddBlock(const int8_t* const* row, ptrdiff_t depth, const int8_t* block) {
    int8x16_t w[kQuads];
    for (size_t j = 0; j < kQuads; ++j) w[j] = vld1q_s8(block + 16 * j);
    AddRows<0>(row, depth, w);
  }

  void Store(int8_t* c, size_t c_stride, size_t n, const SparseIgemmS8Params& params,
             size_t first) const {
    const RepeatedMult<kQuads> mult(params.requant.mult + first);
    StoreTileNeon<kRows, kQuads>(acc, c, c_stride, n, params.requant, mult.of);
  }

 private:
  // By recursion, as below: so that acc is never an array in memory.
  template <size_t i>
  void Begin(const int32_t* bias) {
    acc[i] = vld1q_s32(bias + 4 * (i % kQuads));
    if constexpr (i + 1 < kRows * kQuads) Begin<i + 1>(bias);
  }

  // Rows kRow .. kRows − 1, by recursion: GCC takes an unroll pragma here to the loop outside.
  template <size_t kRow>
  void AddRows(const int8_t* const* row, ptrdiff_t depth, const int8x16_t* w) {
    float four;  // a float, so that it is loaded into a vector register
    std::memcpy(&four, row[kRow] + depth, sizeof(four));
    const int8x8_t a = vreinterpret_s8_f32(float32x2_t{four, 0.0f});
    for (size_t j = 0; j < kQuads; ++j) {
      int32x4_t& sums = acc[kRow * kQuads + j];
      sums = vdotq_lane_s32(sums, w[j], a, 0);
    }
    if constexpr (kRow + 1 < kRows) AddRows<kRow + 1>(row, depth, w);
  }
};

}  // namespace
}  // namespace edgec
#endif  // EDGEC_KERNELS_SPARSE_IGEMM_S8_TILE_NEONDOT_H_
