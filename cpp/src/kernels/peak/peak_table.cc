#include "kernels/peak/peak_table.h"

namespace edgec {

#define EDGEC_PEAK_S8(isa, name) EDGEC_DECLARE(PeakS8Kernel, name)
#define EDGEC_PEAK_F32(isa, name) EDGEC_DECLARE(PeakF32Kernel, name)
#define EDGEC_READ(isa, name) EDGEC_DECLARE(ReadKernel, name)
#include "kernels/peak/kernels.inc"

KernelTable<PeakS8Kernel> PeakS8Kernels() {
  static constexpr KernelEntry<PeakS8Kernel> kEntries[] = {
#define EDGEC_PEAK_S8(isa, name) EDGEC_ENTRY(isa, name)
#include "kernels/peak/kernels.inc"
  };
  return MakeTable(kEntries);
}

KernelTable<PeakF32Kernel> PeakF32Kernels() {
  static constexpr KernelEntry<PeakF32Kernel> kEntries[] = {
#define EDGEC_PEAK_F32(isa, name) EDGEC_ENTRY(isa, name)
#include "kernels/peak/kernels.inc"
  };
  return MakeTable(kEntries);
}

KernelTable<ReadKernel> ReadKernels() {
  static constexpr KernelEntry<ReadKernel> kEntries[] = {
#define EDGEC_READ(isa, name) EDGEC_ENTRY(isa, name)
#include "kernels/peak/kernels.inc"
  };
  return MakeTable(kEntries);
}

}  // namespace edgec
