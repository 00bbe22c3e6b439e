#include "kernels/dwconv_s8/dwconv_s8_table.h"

namespace edgec {

#define EDGEC_DWCONV_S8(isa, name, interleave, unit, a_offset) \
  EDGEC_DECLARE(DwconvS8Kernel, name) EDGEC_DECLARE(DwconvS8Pack, name##_pack)
#define EDGEC_DWCONV_S8_PLAIN(isa, name) EDGEC_DECLARE(DwconvS8Kernel, name)
#include "kernels/dwconv_s8/kernels.inc"

KernelTable<DwconvS8Kernel> DwconvS8Kernels() {
  static constexpr KernelEntry<DwconvS8Kernel> kEntries[] = {
#define EDGEC_DWCONV_S8(isa, name, interleave, unit, a_offset) \
  {Isa::isa, #name, &name, &name##_pack, interleave, unit, a_offset},
#define EDGEC_DWCONV_S8_PLAIN(isa, name) {Isa::isa, #name, &name, nullptr, 1, 16, 0},
#include "kernels/dwconv_s8/kernels.inc"
  };
  return MakeTable(kEntries);
}

}  // namespace edgec
