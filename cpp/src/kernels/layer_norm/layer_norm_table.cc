#include "kernels/layer_norm/layer_norm_table.h"

namespace edgec {

#define EDGEC_LAYER_NORM_S8(isa, name) EDGEC_DECLARE(LayerNormS8Kernel, name)
#define EDGEC_LAYER_NORM_F32(isa, name) EDGEC_DECLARE(LayerNormF32Kernel, name)
#include "kernels/layer_norm/kernels.inc"

KernelTable<LayerNormS8Kernel> LayerNormS8Kernels() {
  static constexpr KernelEntry<LayerNormS8Kernel> kEntries[] = {
#define EDGEC_LAYER_NORM_S8(isa, name) EDGEC_ENTRY(isa, name)
#include "kernels/layer_norm/kernels.inc"
  };
  return MakeTable(kEntries);
}

KernelTable<LayerNormF32Kernel> LayerNormF32Kernels() {
  static constexpr KernelEntry<LayerNormF32Kernel> kEntries[] = {
#define EDGEC_LAYER_NORM_F32(isa, name) EDGEC_ENTRY(isa, name)
#include "kernels/layer_norm/kernels.inc"
  };
  return MakeTable(kEntries);
}

}  // namespace edgec
