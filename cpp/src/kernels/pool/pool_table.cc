#include "kernels/pool/pool_table.h"

namespace edgec {

#define EDGEC_MAX_POOL_S8(isa, name) EDGEC_DECLARE(MaxPoolS8Kernel, name)
#define EDGEC_AVERAGE_POOL_S8(isa, name) EDGEC_DECLARE(AveragePoolS8Kernel, name)
#define EDGEC_MAX_POOL_F32(isa, name) EDGEC_DECLARE(MaxPoolF32Kernel, name)
#define EDGEC_AVERAGE_POOL_F32(isa, name) EDGEC_DECLARE(AveragePoolF32Kernel, name)
#include "kernels/pool/kernels.inc"

KernelTable<MaxPoolS8Kernel> MaxPoolS8Kernels() {
  static constexpr KernelEntry<MaxPoolS8Kernel> kEntries[] = {
#define EDGEC_MAX_POOL_S8(isa, name) EDGEC_ENTRY(isa, name)
#include "kernels/pool/kernels.inc"
  };
  return MakeTable(kEntries);
}

KernelTable<AveragePoolS8Kernel> AveragePoolS8Kernels() {
  static constexpr KernelEntry<AveragePoolS8Kernel> kEntries[] = {
#define EDGEC_AVERAGE_POOL_S8(isa, name) EDGEC_ENTRY(isa, name)
#include "kernels/pool/kernels.inc"
  };
  return MakeTable(kEntries);
}

KernelTable<MaxPoolF32Kernel> MaxPoolF32Kernels() {
  static constexpr KernelEntry<MaxPoolF32Kernel> kEntries[] = {
#define EDGEC_MAX_POOL_F32(isa, name) EDGEC_ENTRY(isa, name)
#include "kernels/pool/kernels.inc"
  };
  return MakeTable(kEntries);
}

KernelTable<AveragePoolF32Kernel> AveragePoolF32Kernels() {
  static constexpr KernelEntry<AveragePoolF32Kernel> kEntries[] = {
#define EDGEC_AVERAGE_POOL_F32(isa, name) EDGEC_ENTRY(isa, name)
#include "kernels/pool/kernels.inc"
  };
  return MakeTable(kEntries);
}

}  // namespace edgec
