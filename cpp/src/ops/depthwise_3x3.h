// depthwise_conv2d_s8 with a 3 × 3 kernel that reads the image in place: no packed rows.
#ifndef EDGEC_OPS_DEPTHWISE_3X3_H_
#define EDGEC_OPS_DEPTHWISE_3X3_H_

#include <memory>

#include "kernels/dwconv3x3_s8/dwconv3x3_s8_table.h"
#include "ops/conv2d_window.h"

namespace edgec {

struct Depthwise3x3Task {
  Conv2dWindow window;
  const int8_t* x;
  const int8_t* w;  // dw16
  int8_t* y;
  int8_t padding;
  Dwconv3x3S8Params params;
};

// Whether the instruction set `isa`, that of the other kernels, has a kernel for this window.
bool TakesDepthwise3x3(const Conv2dWindow& window, Isa isa, IsaSet isas);

// EDGEC_E_MEMORY if the weights in the kernel's form do not fit.
edgec_status MakeDepthwise3x3(const Depthwise3x3Task& task, PrepareContext& context,
                              std::unique_ptr<Op>* op);

}  // namespace edgec
#endif  // EDGEC_OPS_DEPTHWISE_3X3_H_
