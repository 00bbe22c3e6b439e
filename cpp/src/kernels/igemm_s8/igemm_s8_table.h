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
  size_t mr;         // most rows of one call
  int32_t a_offset;  // 0, or 128: rows hold a + 128 as uint8, and bias must take that back
};

KernelTable<IgemmS8Kernel> IgemmS8Kernels();

}  // namespace edgec
#endif  // EDGEC_KERNELS_IGEMM_S8_IGEMM_S8_TABLE_H_
