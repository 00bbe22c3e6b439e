// 3×3 convolutions with stride 1 by Winograd (kernels/winograd_s8): the same bytes as igemm, with a
// quarter of the multiplications on int16. The weights are transformed at load, into memory of the
// op's own: 8 times what they are in the file.
#ifndef EDGEC_OPS_CONV2D_WINOGRAD_H_
#define EDGEC_OPS_CONV2D_WINOGRAD_H_

#include "ops/conv2d_igemm.h"

namespace edgec {

// Whether Winograd can do it, is exact for these weights, and is faster by the table's numbers.
// bias: that of the file, task.columns values.
bool WinogradPays(const Conv2dTask<int8_t>& task, const int32_t* bias);

// For a task that it pays for.
edgec_status MakeConv2dWinograd(Conv2dTask<int8_t> task, const int32_t* bias,
                                PrepareContext& context, std::unique_ptr<Op>* op);

}  // namespace edgec
#endif  // EDGEC_OPS_CONV2D_WINOGRAD_H_
