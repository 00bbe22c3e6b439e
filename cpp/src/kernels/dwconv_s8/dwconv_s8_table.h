// The dwconv_s8 kernels of this build, best first: for ops, tests and benchmarks, not for kernels.
#ifndef EDGEC_KERNELS_DWCONV_S8_DWCONV_S8_TABLE_H_
#define EDGEC_KERNELS_DWCONV_S8_DWCONV_S8_TABLE_H_

#include "kernels/dwconv_s8/dwconv_s8.h"
#include "kernels/table.h"

namespace edgec {

template <>
struct KernelEntry<DwconvS8Kernel> {
  Isa isa;
  const char* name;
  DwconvS8Kernel* run;
  DwconvS8Pack* pack;  // nullptr if interleave is 1
  size_t interleave;   // columns of a unit: 1, 2 or 4
  size_t unit;         // bytes
  int32_t a_offset;    // 0, or 128: units hold a + 128 as uint8, and bias must take that back
};

KernelTable<DwconvS8Kernel> DwconvS8Kernels();

}  // namespace edgec
#endif  // EDGEC_KERNELS_DWCONV_S8_DWCONV_S8_TABLE_H_
