#include "kernels/softmax/softmax_table.h"

namespace edgec {

#define EDGEC_SOFTMAX_S8(isa, name) EDGEC_DECLARE(SoftmaxS8Kernel, name)
#define EDGEC_SOFTMAX_F32(isa, name) EDGEC_DECLARE(SoftmaxF32Kernel, name)
#include "kernels/softmax/kernels.inc"

KernelTable<SoftmaxS8Kernel> SoftmaxS8Kernels() {
  static constexpr KernelEntry<SoftmaxS8Kernel> kEntries[] = {
#define EDGEC_SOFTMAX_S8(isa, name) EDGEC_ENTRY(isa, name)
#include "kernels/softmax/kernels.inc"
  };
  return MakeTable(kEntries);
}

KernelTable<SoftmaxF32Kernel> SoftmaxF32Kernels() {
  static constexpr KernelEntry<SoftmaxF32Kernel> kEntries[] = {
#define EDGEC_SOFTMAX_F32(isa, name) EDGEC_ENTRY(isa, name)
#include "kernels/softmax/kernels.inc"
  };
  return MakeTable(kEntries);
}

}  // namespace edgec
