// The layer normalization kernels of this build, best first: for ops and tests, not for kernels.
#ifndef EDGEC_KERNELS_LAYER_NORM_LAYER_NORM_TABLE_H_
#define EDGEC_KERNELS_LAYER_NORM_LAYER_NORM_TABLE_H_

#include "kernels/layer_norm/layer_norm.h"
#include "kernels/table.h"

namespace edgec {

KernelTable<LayerNormS8Kernel> LayerNormS8Kernels();
KernelTable<LayerNormF32Kernel> LayerNormF32Kernels();

}  // namespace edgec
#endif  // EDGEC_KERNELS_LAYER_NORM_LAYER_NORM_TABLE_H_
