#include "kernels/pack_b/pack_b_table.h"

namespace edgec {

#define EDGEC_PACK_B_KN_S8(isa, name) EDGEC_DECLARE(PackBS8Kernel, name)
#define EDGEC_PACK_B_NK_S8(isa, name) EDGEC_DECLARE(PackBS8Kernel, name)
#define EDGEC_PACK_B_KN_F32(isa, name) EDGEC_DECLARE(PackBF32Kernel, name)
#define EDGEC_PACK_B_NK_F32(isa, name) EDGEC_DECLARE(PackBF32Kernel, name)
#include "kernels/pack_b/kernels.inc"

KernelTable<PackBS8Kernel> PackBKnS8Kernels() {
  static constexpr KernelEntry<PackBS8Kernel> kEntries[] = {
#define EDGEC_PACK_B_KN_S8(isa, name) EDGEC_ENTRY(isa, name)
#include "kernels/pack_b/kernels.inc"
  };
  return MakeTable(kEntries);
}

KernelTable<PackBF32Kernel> PackBKnF32Kernels() {
  static constexpr KernelEntry<PackBF32Kernel> kEntries[] = {
#define EDGEC_PACK_B_KN_F32(isa, name) EDGEC_ENTRY(isa, name)
#include "kernels/pack_b/kernels.inc"
  };
  return MakeTable(kEntries);
}

KernelTable<PackBS8Kernel> PackBNkS8Kernels() {
  static constexpr KernelEntry<PackBS8Kernel> kEntries[] = {
#define EDGEC_PACK_B_NK_S8(isa, name) EDGEC_ENTRY(isa, name)
#include "kernels/pack_b/kernels.inc"
  };
  return MakeTable(kEntries);
}

KernelTable<PackBF32Kernel> PackBNkF32Kernels() {
  static constexpr KernelEntry<PackBF32Kernel> kEntries[] = {
#define EDGEC_PACK_B_NK_F32(isa, name) EDGEC_ENTRY(isa, name)
#include "kernels/pack_b/kernels.inc"
  };
  return MakeTable(kEntries);
}

}  // namespace edgec
