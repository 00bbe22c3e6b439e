// The row reduction kernels of this build, best first: for ops and tests, not for kernels.
#ifndef EDGEC_KERNELS_REDUCE_REDUCE_TABLE_H_
#define EDGEC_KERNELS_REDUCE_REDUCE_TABLE_H_

#include "kernels/reduce/reduce.h"
#include "kernels/table.h"

namespace edgec {

KernelTable<SumRowS8Kernel> SumRowS8Kernels();
KernelTable<SumRowF32Kernel> SumRowF32Kernels();
KernelTable<MaxRowF32Kernel> MaxRowF32Kernels();

}  // namespace edgec
#endif  // EDGEC_KERNELS_REDUCE_REDUCE_TABLE_H_
