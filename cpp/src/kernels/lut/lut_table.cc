#include "kernels/lut/lut_table.h"

namespace edgec {

#define EDGEC_LUT_S8(isa, name) EDGEC_DECLARE(LutS8Kernel, name)
#include "kernels/lut/kernels.inc"

KernelTable<LutS8Kernel> LutS8Kernels() {
  static constexpr KernelEntry<LutS8Kernel> kEntries[] = {
#define EDGEC_LUT_S8(isa, name) EDGEC_ENTRY(isa, name)
#include "kernels/lut/kernels.inc"
  };
  return MakeTable(kEntries);
}

}  // namespace edgec
