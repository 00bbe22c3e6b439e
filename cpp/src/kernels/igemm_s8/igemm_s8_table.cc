#include "kernels/igemm_s8/igemm_s8_table.h"

namespace edgec {

#define EDGEC_IGEMM_S8(isa, name, ...) EDGEC_DECLARE(IgemmS8Kernel, name)
#include "kernels/igemm_s8/kernels.inc"

KernelTable<IgemmS8Kernel> IgemmS8Kernels() {
  static constexpr KernelEntry<IgemmS8Kernel> kEntries[] = {
#define EDGEC_IGEMM_S8(isa, name, ...) {Isa::isa, #name, &name, __VA_ARGS__},
#include "kernels/igemm_s8/kernels.inc"
  };
  return MakeTable(kEntries);
}

const KernelEntry<IgemmS8Kernel>& BestForAnyWeights(IsaSet isa) {
  const KernelEntry<IgemmS8Kernel>* entry = IgemmS8Kernels().begin();
  while (!isa.Has(entry->isa) || entry->w_min != INT8_MIN) ++entry;
  return *entry;
}

}  // namespace edgec
