// The igemm_f32 kernels of this build, best first: for ops, tests and benchmarks, not for kernels.
#ifndef EDGEC_KERNELS_IGEMM_F32_IGEMM_F32_TABLE_H_
#define EDGEC_KERNELS_IGEMM_F32_IGEMM_F32_TABLE_H_

#include "kernels/igemm_f32/igemm_f32.h"
#include "kernels/table.h"

namespace edgec {

template <>
struct KernelEntry<IgemmF32Kernel> {
  Isa isa;
  const char* name;
  IgemmF32Kernel* run;
  size_t mr;  // most rows of one call
};

KernelTable<IgemmF32Kernel> IgemmF32Kernels();

}  // namespace edgec
#endif  // EDGEC_KERNELS_IGEMM_F32_IGEMM_F32_TABLE_H_
