#include "kernels/dwconv_f32/dwconv_f32_table.h"

namespace edgec {

#define EDGEC_DWCONV_F32(isa, name) EDGEC_DECLARE(DwconvF32Kernel, name)
#include "kernels/dwconv_f32/kernels.inc"

KernelTable<DwconvF32Kernel> DwconvF32Kernels() {
  static constexpr KernelEntry<DwconvF32Kernel> kEntries[] = {
#define EDGEC_DWCONV_F32(isa, name) EDGEC_ENTRY(isa, name)
#include "kernels/dwconv_f32/kernels.inc"
  };
  return MakeTable(kEntries);
}

}  // namespace edgec
