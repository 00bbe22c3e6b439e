#include "kernels/unary_f32/unary_f32_table.h"

namespace edgec {

#define EDGEC_UNARY_F32(isa, name) EDGEC_DECLARE(UnaryF32Kernel, name)
#include "kernels/unary_f32/kernels.inc"

KernelTable<UnaryF32Kernel> UnaryF32Kernels() {
  static constexpr KernelEntry<UnaryF32Kernel> kEntries[] = {
#define EDGEC_UNARY_F32(isa, name) EDGEC_ENTRY(isa, name)
#include "kernels/unary_f32/kernels.inc"
  };
  return MakeTable(kEntries);
}

}  // namespace edgec
