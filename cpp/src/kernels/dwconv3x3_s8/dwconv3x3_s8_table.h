// The dwconv3x3_s8 kernels of this build, best first: for ops, tests and benchmarks, not for
// kernels.
#ifndef EDGEC_KERNELS_DWCONV3X3_S8_DWCONV3X3_S8_TABLE_H_
#define EDGEC_KERNELS_DWCONV3X3_S8_DWCONV3X3_S8_TABLE_H_

#include "kernels/dwconv3x3_s8/dwconv3x3_s8.h"
#include "kernels/table.h"

namespace edgec {

template <>
struct KernelEntry<Dwconv3x3S8Kernel> {
  Isa isa;
  const char* name;
  Dwconv3x3S8Kernel* run;
  Dwconv3x3S8Pack* pack;
  size_t lines;  // at most, in one call
  size_t block;  // bytes of the weights of 16 channels
};

KernelTable<Dwconv3x3S8Kernel> Dwconv3x3S8Kernels();

}  // namespace edgec
#endif  // EDGEC_KERNELS_DWCONV3X3_S8_DWCONV3X3_S8_TABLE_H_
