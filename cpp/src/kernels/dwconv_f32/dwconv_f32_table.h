// The dwconv_f32 kernels of this build, best first: for ops, tests and benchmarks, not for kernels.
#ifndef EDGEC_KERNELS_DWCONV_F32_DWCONV_F32_TABLE_H_
#define EDGEC_KERNELS_DWCONV_F32_DWCONV_F32_TABLE_H_

#include "kernels/dwconv_f32/dwconv_f32.h"
#include "kernels/table.h"

namespace edgec {

KernelTable<DwconvF32Kernel> DwconvF32Kernels();

}  // namespace edgec
#endif  // EDGEC_KERNELS_DWCONV_F32_DWCONV_F32_TABLE_H_
