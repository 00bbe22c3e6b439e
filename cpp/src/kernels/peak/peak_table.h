// The peak kernels of this build, best first: for edgec-bench and tests, not for ops.
#ifndef EDGEC_KERNELS_PEAK_PEAK_TABLE_H_
#define EDGEC_KERNELS_PEAK_PEAK_TABLE_H_

#include "kernels/peak/peak.h"
#include "kernels/table.h"

namespace edgec {

KernelTable<PeakS8Kernel> PeakS8Kernels();
KernelTable<PeakF32Kernel> PeakF32Kernels();
KernelTable<ReadKernel> ReadKernels();

}  // namespace edgec
#endif  // EDGEC_KERNELS_PEAK_PEAK_TABLE_H_
