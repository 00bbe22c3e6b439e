// The quantization kernels of this build, best first: for ops and tests, not for kernels.
#ifndef EDGEC_KERNELS_QUANTIZE_QUANTIZE_TABLE_H_
#define EDGEC_KERNELS_QUANTIZE_QUANTIZE_TABLE_H_

#include "kernels/quantize/quantize.h"
#include "kernels/table.h"

namespace edgec {

KernelTable<QuantizeF32S8Kernel> QuantizeF32S8Kernels();
KernelTable<DequantizeS8F32Kernel> DequantizeS8F32Kernels();

}  // namespace edgec
#endif  // EDGEC_KERNELS_QUANTIZE_QUANTIZE_TABLE_H_
