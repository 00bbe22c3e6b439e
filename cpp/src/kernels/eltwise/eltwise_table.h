// The elementwise kernels of two operands of this build, best first: for ops and tests, not for
// kernels.
#ifndef EDGEC_KERNELS_ELTWISE_ELTWISE_TABLE_H_
#define EDGEC_KERNELS_ELTWISE_ELTWISE_TABLE_H_

#include "kernels/eltwise/eltwise.h"
#include "kernels/table.h"

namespace edgec {

KernelTable<AddS8Kernel> AddS8Kernels();
KernelTable<MulS8Kernel> MulS8Kernels();
KernelTable<BinaryF32Kernel> BinaryF32Kernels();

}  // namespace edgec
#endif  // EDGEC_KERNELS_ELTWISE_ELTWISE_TABLE_H_
