#include "kernels/sparse_igemm_s8/sparse_igemm_s8_table.h"

namespace edgec {

#define EDGEC_SPARSE_IGEMM_S8(isa, name, mr, columns, a_offset) \
  EDGEC_DECLARE(SparseIgemmS8Kernel, name)
#include "kernels/sparse_igemm_s8/kernels.inc"

KernelTable<SparseIgemmS8Kernel> SparseIgemmS8Kernels() {
  static constexpr KernelEntry<SparseIgemmS8Kernel> kEntries[] = {
#define EDGEC_SPARSE_IGEMM_S8(isa, name, mr, columns, a_offset) \
  {Isa::isa, #name, &name, mr, columns, a_offset},
#include "kernels/sparse_igemm_s8/kernels.inc"
  };
  return MakeTable(kEntries);
}

const KernelEntry<SparseIgemmS8Kernel>& BestSparseIgemmS8(IsaSet isa, size_t columns) {
  const KernelEntry<SparseIgemmS8Kernel>* entry = SparseIgemmS8Kernels().begin();
  while (!isa.Has(entry->isa) || !entry->Takes(columns)) ++entry;
  return *entry;
}

}  // namespace edgec
