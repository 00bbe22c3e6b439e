#include "kernels/dwconv3x3_s8/dwconv3x3_s8_table.h"

namespace edgec {

#define EDGEC_DWCONV3X3_S8(isa, name, lines, block) \
  EDGEC_DECLARE(Dwconv3x3S8Kernel, name) EDGEC_DECLARE(Dwconv3x3S8Pack, name##_pack)
#include "kernels/dwconv3x3_s8/kernels.inc"

KernelTable<Dwconv3x3S8Kernel> Dwconv3x3S8Kernels() {
  static constexpr KernelEntry<Dwconv3x3S8Kernel> kEntries[] = {
#define EDGEC_DWCONV3X3_S8(isa, name, lines, block) \
  {Isa::isa, #name, &name, &name##_pack, lines, block},
#include "kernels/dwconv3x3_s8/kernels.inc"
  };
  return MakeTable(kEntries);
}

}  // namespace edgec
