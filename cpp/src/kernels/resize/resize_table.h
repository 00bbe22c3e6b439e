// The resize kernels of this build, best first: for ops and tests, not for kernels.
#ifndef EDGEC_KERNELS_RESIZE_RESIZE_TABLE_H_
#define EDGEC_KERNELS_RESIZE_RESIZE_TABLE_H_

#include "kernels/resize/resize.h"
#include "kernels/table.h"

namespace edgec {

KernelTable<ResizeBilinearS8Kernel> ResizeBilinearS8Kernels();
KernelTable<ResizeBilinearF32Kernel> ResizeBilinearF32Kernels();

}  // namespace edgec
#endif  // EDGEC_KERNELS_RESIZE_RESIZE_TABLE_H_
