#include "kernels/quantize/quantize_table.h"

namespace edgec {

#define EDGEC_QUANTIZE_F32_S8(isa, name) EDGEC_DECLARE(QuantizeF32S8Kernel, name)
#define EDGEC_DEQUANTIZE_S8_F32(isa, name) EDGEC_DECLARE(DequantizeS8F32Kernel, name)
#include "kernels/quantize/kernels.inc"

KernelTable<QuantizeF32S8Kernel> QuantizeF32S8Kernels() {
  static constexpr KernelEntry<QuantizeF32S8Kernel> kEntries[] = {
#define EDGEC_QUANTIZE_F32_S8(isa, name) EDGEC_ENTRY(isa, name)
#include "kernels/quantize/kernels.inc"
  };
  return MakeTable(kEntries);
}

KernelTable<DequantizeS8F32Kernel> DequantizeS8F32Kernels() {
  static constexpr KernelEntry<DequantizeS8F32Kernel> kEntries[] = {
#define EDGEC_DEQUANTIZE_S8_F32(isa, name) EDGEC_ENTRY(isa, name)
#include "kernels/quantize/kernels.inc"
  };
  return MakeTable(kEntries);
}

}  // namespace edgec
