// The igemm_s8 kernels of this build, best first: for ops, tests and benchmarks, not for kernels.
#ifndef EDGEC_KERNELS_IGEMM_S8_IGEMM_S8_TABLE_H_
#define EDGEC_KERNELS_IGEMM_S8_IGEMM_S8_TABLE_H_

#include "kernels/igemm_s8/igemm_s8.h"
#include "kernels/table.h"

namespace edgec {

template <>
struct KernelEntry<IgemmS8Kernel> {
  Isa isa;
  const char* name;
  IgemmS8Kernel* run;
  size_t mr;                // most rows of one call
  int32_t a_offset;         // 0, or 128: rows hold a + 128 as uint8, and bias must take that back
  int8_t w_min = INT8_MIN;  // the least weight; −127 is what weights of files keep to
};

KernelTable<IgemmS8Kernel> IgemmS8Kernels();  // the last takes any weights

// The first for weights that are activations, and may be −128.
const KernelEntry<IgemmS8Kernel>& BestForAnyWeights(IsaSet isa);

}  // namespace edgec
#endif  // EDGEC_KERNELS_IGEMM_S8_IGEMM_S8_TABLE_H_
