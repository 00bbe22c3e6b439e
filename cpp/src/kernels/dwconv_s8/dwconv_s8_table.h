// The dwconv_s8 kernels of this build, best first: for ops, tests and benchmarks, not for kernels.
#ifndef EDGEC_KERNELS_DWCONV_S8_DWCONV_S8_TABLE_H_
#define EDGEC_KERNELS_DWCONV_S8_DWCONV_S8_TABLE_H_

#include "kernels/dwconv_s8/dwconv_s8.h"
#include "kernels/table.h"

namespace edgec {

KernelTable<DwconvS8Kernel> DwconvS8Kernels();

}  // namespace edgec
#endif  // EDGEC_KERNELS_DWCONV_S8_DWCONV_S8_TABLE_H_
