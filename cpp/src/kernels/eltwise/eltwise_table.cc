#include "kernels/eltwise/eltwise_table.h"

namespace edgec {

#define EDGEC_ADD_S8(isa, name) EDGEC_DECLARE(AddS8Kernel, name)
#define EDGEC_MUL_S8(isa, name) EDGEC_DECLARE(MulS8Kernel, name)
#define EDGEC_BINARY_F32(isa, name) EDGEC_DECLARE(BinaryF32Kernel, name)
#include "kernels/eltwise/kernels.inc"

KernelTable<AddS8Kernel> AddS8Kernels() {
  static constexpr KernelEntry<AddS8Kernel> kEntries[] = {
#define EDGEC_ADD_S8(isa, name) EDGEC_ENTRY(isa, name)
#include "kernels/eltwise/kernels.inc"
  };
  return MakeTable(kEntries);
}

KernelTable<MulS8Kernel> MulS8Kernels() {
  static constexpr KernelEntry<MulS8Kernel> kEntries[] = {
#define EDGEC_MUL_S8(isa, name) EDGEC_ENTRY(isa, name)
#include "kernels/eltwise/kernels.inc"
  };
  return MakeTable(kEntries);
}

KernelTable<BinaryF32Kernel> BinaryF32Kernels() {
  static constexpr KernelEntry<BinaryF32Kernel> kEntries[] = {
#define EDGEC_BINARY_F32(isa, name) EDGEC_ENTRY(isa, name)
#include "kernels/eltwise/kernels.inc"
  };
  return MakeTable(kEntries);
}

}  // namespace edgec
