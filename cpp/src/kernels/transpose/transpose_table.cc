#include "kernels/transpose/transpose_table.h"

namespace edgec {

#define EDGEC_TRANSPOSE2D(isa, name) EDGEC_DECLARE(Transpose2dKernel, name)
#include "kernels/transpose/kernels.inc"

KernelTable<Transpose2dKernel> Transpose2dKernels() {
  static constexpr KernelEntry<Transpose2dKernel> kEntries[] = {
#define EDGEC_TRANSPOSE2D(isa, name) EDGEC_ENTRY(isa, name)
#include "kernels/transpose/kernels.inc"
  };
  return MakeTable(kEntries);
}

}  // namespace edgec
