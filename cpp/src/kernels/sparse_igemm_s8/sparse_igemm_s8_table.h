// The sparse_igemm_s8 kernels of this build, best first: for ops, tests and benchmarks, not for
// kernels.
#ifndef EDGEC_KERNELS_SPARSE_IGEMM_S8_SPARSE_IGEMM_S8_TABLE_H_
#define EDGEC_KERNELS_SPARSE_IGEMM_S8_SPARSE_IGEMM_S8_TABLE_H_

#include "kernels/sparse_igemm_s8/sparse_igemm_s8.h"
#include "kernels/table.h"

namespace edgec {

template <>
struct KernelEntry<SparseIgemmS8Kernel> {
  Isa isa;
  const char* name;
  SparseIgemmS8Kernel* run;
  size_t mr;         // most rows of one call
  size_t columns;    // of a block; 0: any of 4, 8, 16
  int32_t a_offset;  // what rows must hold on top of x; bias must take it back

  bool Takes(size_t block_columns) const { return columns == 0 || columns == block_columns; }
};

KernelTable<SparseIgemmS8Kernel> SparseIgemmS8Kernels();

// The best kernel within `isa` for blocks of that many columns; the portable one takes all.
const KernelEntry<SparseIgemmS8Kernel>& BestSparseIgemmS8(IsaSet isa, size_t columns);

}  // namespace edgec
#endif  // EDGEC_KERNELS_SPARSE_IGEMM_S8_SPARSE_IGEMM_S8_TABLE_H_
