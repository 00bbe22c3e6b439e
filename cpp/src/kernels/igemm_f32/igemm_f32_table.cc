#include "kernels/igemm_f32/igemm_f32_table.h"

namespace edgec {

#define EDGEC_IGEMM_F32(isa, name, mr) EDGEC_DECLARE(IgemmF32Kernel, name)
#include "kernels/igemm_f32/kernels.inc"

KernelTable<IgemmF32Kernel> IgemmF32Kernels() {
  static constexpr KernelEntry<IgemmF32Kernel> kEntries[] = {
#define EDGEC_IGEMM_F32(isa, name, mr) {Isa::isa, #name, &name, mr},
#include "kernels/igemm_f32/kernels.inc"
  };
  return MakeTable(kEntries);
}

}  // namespace edgec
