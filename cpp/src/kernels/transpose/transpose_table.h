// The transpose kernels of this build, best first: for ops and tests, not for kernels.
#ifndef EDGEC_KERNELS_TRANSPOSE_TRANSPOSE_TABLE_H_
#define EDGEC_KERNELS_TRANSPOSE_TRANSPOSE_TABLE_H_

#include "kernels/table.h"
#include "kernels/transpose/transpose.h"

namespace edgec {

KernelTable<Transpose2dKernel> Transpose2dKernels();

}  // namespace edgec
#endif  // EDGEC_KERNELS_TRANSPOSE_TRANSPOSE_TABLE_H_
