#include "kernels/dwconv_s8/dwconv_s8_table.h"

namespace edgec {

#define EDGEC_DWCONV_S8(isa, name) EDGEC_DECLARE(DwconvS8Kernel, name)
#include "kernels/dwconv_s8/kernels.inc"

KernelTable<DwconvS8Kernel> DwconvS8Kernels() {
  static constexpr KernelEntry<DwconvS8Kernel> kEntries[] = {
#define EDGEC_DWCONV_S8(isa, name) EDGEC_ENTRY(isa, name)
#include "kernels/dwconv_s8/kernels.inc"
  };
  return MakeTable(kEntries);
}

}  // namespace edgec
