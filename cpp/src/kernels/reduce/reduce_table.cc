#include "kernels/reduce/reduce_table.h"

namespace edgec {

#define EDGEC_SUM_ROW_S8(isa, name) EDGEC_DECLARE(SumRowS8Kernel, name)
#define EDGEC_SUM_ROW_F32(isa, name) EDGEC_DECLARE(SumRowF32Kernel, name)
#define EDGEC_MAX_ROW_F32(isa, name) EDGEC_DECLARE(MaxRowF32Kernel, name)
#include "kernels/reduce/kernels.inc"

KernelTable<SumRowS8Kernel> SumRowS8Kernels() {
  static constexpr KernelEntry<SumRowS8Kernel> kEntries[] = {
#define EDGEC_SUM_ROW_S8(isa, name) EDGEC_ENTRY(isa, name)
#include "kernels/reduce/kernels.inc"
  };
  return MakeTable(kEntries);
}

KernelTable<SumRowF32Kernel> SumRowF32Kernels() {
  static constexpr KernelEntry<SumRowF32Kernel> kEntries[] = {
#define EDGEC_SUM_ROW_F32(isa, name) EDGEC_ENTRY(isa, name)
#include "kernels/reduce/kernels.inc"
  };
  return MakeTable(kEntries);
}

KernelTable<MaxRowF32Kernel> MaxRowF32Kernels() {
  static constexpr KernelEntry<MaxRowF32Kernel> kEntries[] = {
#define EDGEC_MAX_ROW_F32(isa, name) EDGEC_ENTRY(isa, name)
#include "kernels/reduce/kernels.inc"
  };
  return MakeTable(kEntries);
}

}  // namespace edgec
