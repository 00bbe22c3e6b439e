// The float function kernels of this build, best first: for ops and tests, not for kernels.
#ifndef EDGEC_KERNELS_UNARY_F32_UNARY_F32_TABLE_H_
#define EDGEC_KERNELS_UNARY_F32_UNARY_F32_TABLE_H_

#include "kernels/table.h"
#include "kernels/unary_f32/unary_f32.h"

namespace edgec {

KernelTable<UnaryF32Kernel> UnaryF32Kernels();

}  // namespace edgec
#endif  // EDGEC_KERNELS_UNARY_F32_UNARY_F32_TABLE_H_
