// int8 matrix multiplication with indirect rows and block-sparse weights, requantized to int8.
//
//     c[i][j] = requant(bias[j] + Σ_t Σ_p a[i][tap[t] + p] · w[j][t][p])
//
//     0 ≤ i < m rows (output pixels)    0 ≤ j < n columns (output channels)
//     0 ≤ t < taps                      p: depths of a tap
//
// A block is `columns` neighbouring columns × 4 neighbouring depths; blocks of zeros are not
// stored. Rows and offsets are as in igemm_s8: the origin of a row's window, and where each tap
// begins from there. Sums wrap modulo 2^32 on every instruction set.
//
//   blocks: layout s8_block (edgec/format/spec.md, Packing), in the order they are used
//   counts: [⌈n/columns⌉][taps]: how many blocks of that column group and tap are kept
//   deltas: one a block: how many blocks further its depth is than the one before in the same group
//           and tap; the first counts from depth 0
//
// The caller's duties: 1 ≤ m ≤ the kernel's mr; n, taps ≥ 1; `columns` is the kernel's; no weight
// is −128; bias and mult hold ⌈n/16⌉·16 values; if the kernel's a_offset is not 0, rows hold values
// of x + a_offset, and bias[j] contains −a_offset · Σ w[j]. The kernel reads 4 bytes of each row
// for each kept block, and writes exactly n bytes of each row of c.
#ifndef EDGEC_KERNELS_SPARSE_IGEMM_S8_SPARSE_IGEMM_S8_H_
#define EDGEC_KERNELS_SPARSE_IGEMM_S8_SPARSE_IGEMM_S8_H_

#include <cstddef>
#include <cstdint>

#include "kernels/requant/requant.h"

namespace edgec {

// From the first column group of a call on.
struct SparseS8Weights {
  size_t columns;          // of a block: 4, 8 or 16
  const int8_t* blocks;    // [·][columns][4], aligned to columns · 4 bytes
  const uint32_t* counts;  // [⌈n/columns⌉][taps]
  const uint8_t* deltas;   // [·]
};

struct SparseIgemmS8Params {
  const int32_t* bias;  // [⌈n/16⌉·16]
  RequantS8 requant;
};

using SparseIgemmS8Kernel = void(size_t m, size_t n, size_t taps, const int8_t* const* a,
                                 const ptrdiff_t* tap, const SparseS8Weights* w, int8_t* c,
                                 size_t c_stride, const SparseIgemmS8Params* params);

}  // namespace edgec
#endif  // EDGEC_KERNELS_SPARSE_IGEMM_S8_SPARSE_IGEMM_S8_H_
