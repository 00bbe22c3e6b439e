// int8 depthwise weights as a kernel's units, and the bias for its offset; made at load.
#ifndef EDGEC_OPS_DEPTHWISE_WEIGHTS_H_
#define EDGEC_OPS_DEPTHWISE_WEIGHTS_H_

#include <vector>

#include "base/aligned_memory.h"
#include "kernels/dwconv_s8/dwconv_s8_table.h"
#include "ops/depthwise_rows.h"

namespace edgec {

class DepthwiseWeights {
 public:
  // From w (dw16) and bias of the file, both for ⌈in_c/16⌉·16 channels; `rows` cuts these into
  // ranges. False if there is not enough memory. A kernel that reads dw16 as it is gets just that.
  bool Make(const Conv2dWindow& window, const KernelEntry<DwconvS8Kernel>& kernel,
            const DepthwiseRows<int8_t>& rows, const int8_t* w, const int32_t* bias);

  const int8_t* w() const { return w_; }
  const int32_t* bias() const { return bias_; }

 private:
  void PackRange(const Conv2dWindow& window, const KernelEntry<DwconvS8Kernel>& kernel,
                 const DepthwiseLayout& layout, const int8_t* w, size_t channels, int8_t* to) const;
  void ShiftBias(const int8_t* w, size_t taps, size_t channels, int32_t offset);

  const int8_t* w_ = nullptr;
  const int32_t* bias_ = nullptr;
  AlignedMemory units_;
  std::vector<int32_t> shifted_bias_;
};

}  // namespace edgec
#endif  // EDGEC_OPS_DEPTHWISE_WEIGHTS_H_
