#include "kernels/igemm_s8/igemm_s8_table.h"

namespace edgec {

#define EDGEC_IGEMM_S8(isa, name, mr, a_offset) EDGEC_DECLARE(IgemmS8Kernel, name)
#include "kernels/igemm_s8/kernels.inc"

KernelTable<IgemmS8Kernel> IgemmS8Kernels() {
  static constexpr KernelEntry<IgemmS8Kernel> kEntries[] = {
#define EDGEC_IGEMM_S8(isa, name, mr, a_offset) {Isa::isa, #name, &name, mr, a_offset},
#include "kernels/igemm_s8/kernels.inc"
  };
  return MakeTable(kEntries);
}

}  // namespace edgec
