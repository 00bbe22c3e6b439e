#include "kernels/resize/resize_table.h"

namespace edgec {

#define EDGEC_RESIZE_BILINEAR_S8(isa, name) EDGEC_DECLARE(ResizeBilinearS8Kernel, name)
#define EDGEC_RESIZE_BILINEAR_F32(isa, name) EDGEC_DECLARE(ResizeBilinearF32Kernel, name)
#include "kernels/resize/kernels.inc"

KernelTable<ResizeBilinearS8Kernel> ResizeBilinearS8Kernels() {
  static constexpr KernelEntry<ResizeBilinearS8Kernel> kEntries[] = {
#define EDGEC_RESIZE_BILINEAR_S8(isa, name) EDGEC_ENTRY(isa, name)
#include "kernels/resize/kernels.inc"
  };
  return MakeTable(kEntries);
}

KernelTable<ResizeBilinearF32Kernel> ResizeBilinearF32Kernels() {
  static constexpr KernelEntry<ResizeBilinearF32Kernel> kEntries[] = {
#define EDGEC_RESIZE_BILINEAR_F32(isa, name) EDGEC_ENTRY(isa, name)
#include "kernels/resize/kernels.inc"
  };
  return MakeTable(kEntries);
}

}  // namespace edgec
