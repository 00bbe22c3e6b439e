// The softmax kernels of this build, best first: for ops and tests, not for kernels.
#ifndef EDGEC_KERNELS_SOFTMAX_SOFTMAX_TABLE_H_
#define EDGEC_KERNELS_SOFTMAX_SOFTMAX_TABLE_H_

#include "kernels/softmax/softmax.h"
#include "kernels/table.h"

namespace edgec {

KernelTable<SoftmaxS8Kernel> SoftmaxS8Kernels();
KernelTable<SoftmaxF32Kernel> SoftmaxF32Kernels();

}  // namespace edgec
#endif  // EDGEC_KERNELS_SOFTMAX_SOFTMAX_TABLE_H_
