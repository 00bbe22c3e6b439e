// The pack_b kernels of this build, best first: for ops and tests, not for kernels.
#ifndef EDGEC_KERNELS_PACK_B_PACK_B_TABLE_H_
#define EDGEC_KERNELS_PACK_B_PACK_B_TABLE_H_

#include "kernels/pack_b/pack_b.h"
#include "kernels/table.h"

namespace edgec {

KernelTable<PackBS8Kernel> PackBKnS8Kernels();
KernelTable<PackBS8Kernel> PackBNkS8Kernels();
KernelTable<PackBF32Kernel> PackBKnF32Kernels();
KernelTable<PackBF32Kernel> PackBNkF32Kernels();

}  // namespace edgec
#endif  // EDGEC_KERNELS_PACK_B_PACK_B_TABLE_H_
