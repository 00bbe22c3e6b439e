// The pooling kernels of this build, best first: for ops and tests, not for kernels.
#ifndef EDGEC_KERNELS_POOL_POOL_TABLE_H_
#define EDGEC_KERNELS_POOL_POOL_TABLE_H_

#include "kernels/pool/pool.h"
#include "kernels/table.h"

namespace edgec {

KernelTable<MaxPoolS8Kernel> MaxPoolS8Kernels();
KernelTable<AveragePoolS8Kernel> AveragePoolS8Kernels();
KernelTable<MaxPoolF32Kernel> MaxPoolF32Kernels();
KernelTable<AveragePoolF32Kernel> AveragePoolF32Kernels();

}  // namespace edgec
#endif  // EDGEC_KERNELS_POOL_POOL_TABLE_H_
