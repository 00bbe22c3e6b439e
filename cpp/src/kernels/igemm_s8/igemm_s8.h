// int8 matrix multiplication with indirect rows, requantized to int8: convolution without im2col.
//
//     c[i][j] = requant(bias[j] + row_offset[i] + Σ_t Σ_p a[i][tap[t] + p] · w[j][t·k + p])
//
//     0 ≤ i < m rows (output pixels)    0 ≤ j < n columns (output channels)
//     0 ≤ t < taps    0 ≤ p < k depth of a tap
//
// A row has one pointer, and all rows share the offsets of the taps: a tap is a line of a
// convolution's kernel, whose positions lie side by side in memory, or one position. Plain products
// have one tap, at 0. Padding is the caller's (ops/band.h). Sums wrap modulo 2^32 on every
// instruction set.
//
//   a[i] ──► tap 0: k int8 … tap 1: k int8         w: layout s8_16c4 (edgec/format/spec.md,
//                                                  Packing)
//                                                     ┌ column block of 16 ──────────────┐
//                                                     │ depth 0..3   : 16 columns × 4    │ 64 bytes
//                                                     │ depth 4..7   : 16 columns × 4    │
//                                                     │ … (taps · k) / 4 such blocks     │
//
// The caller's duties: 1 ≤ m ≤ the kernel's mr; n, k, taps ≥ 1; k a multiple of 4; w aligned to 64
// bytes; bias and mult hold ⌈n/16⌉·16 values. If the kernel's a_offset is 128, rows hold a + 128 as
// uint8, and bias[j] already contains −128 · Σ w[j]. w is at least the kernel's w_min: −127 is what
// files keep to (edgec/format/spec.md, Packing), −128 what activations as weights need.
// The kernel reads exactly k bytes of each tap of a row and writes exactly n bytes of each row of
// c.
#ifndef EDGEC_KERNELS_IGEMM_S8_IGEMM_S8_H_
#define EDGEC_KERNELS_IGEMM_S8_IGEMM_S8_H_

#include <cstddef>
#include <cstdint>

#include "kernels/requant/requant.h"

namespace edgec {

struct IgemmS8Params {
  const int32_t* bias;        // [⌈n/16⌉·16]
  const int32_t* row_offset;  // [m], or nullptr for zeros
  RequantS8 requant;
};

using IgemmS8Kernel = void(size_t m, size_t n, size_t k, size_t taps, const int8_t* const* a,
                           const ptrdiff_t* tap, const int8_t* w, int8_t* c, size_t c_stride,
                           const IgemmS8Params* params);

static inline int32_t RowOffset(const IgemmS8Params& params, size_t i) {
  return params.row_offset == nullptr ? 0 : params.row_offset[i];
}

}  // namespace edgec
#endif  // EDGEC_KERNELS_IGEMM_S8_IGEMM_S8_H_
