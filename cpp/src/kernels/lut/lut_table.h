// The lookup kernels of this build, best first: for ops and tests, not for kernels.
#ifndef EDGEC_KERNELS_LUT_LUT_TABLE_H_
#define EDGEC_KERNELS_LUT_LUT_TABLE_H_

#include "kernels/lut/lut.h"
#include "kernels/table.h"

namespace edgec {

KernelTable<LutS8Kernel> LutS8Kernels();

}  // namespace edgec
#endif  // EDGEC_KERNELS_LUT_LUT_TABLE_H_
