// float32 depthwise convolution: packed input rows, then output lines.
//
//     y[i][j] = clamp(bias[j] + Σ_t unit[t][i][j] · w[t][j], min, max)
//
//     0 ≤ i < pixels    0 ≤ j < channels    0 ≤ t < taps
//
// As dwconv_s8 (dwconv_line.h) with interleave 1: a unit is 16 channels as they are, and w has the
// layout dw16 (edgec/format/spec.md, Packing). Kernels may fuse: results differ within float32's
// accuracy. A NaN stays a NaN.
//
// The caller's duties: counts ≥ 1, sharing 1; bias holds ⌈channels/16⌉·16 values.
// The kernel writes exactly `channels` values of each pixel of y.
#ifndef EDGEC_KERNELS_DWCONV_F32_DWCONV_F32_H_
#define EDGEC_KERNELS_DWCONV_F32_DWCONV_F32_H_

#include "kernels/dwconv_s8/dwconv_line.h"

namespace edgec {

struct DwconvF32Params {
  const float* bias;  // [⌈channels/16⌉·16]
  float min;
  float max;
};

using DwconvF32Kernel = void(const DwconvLine<float>& line, const DwconvF32Params& params);

}  // namespace edgec
#endif  // EDGEC_KERNELS_DWCONV_F32_DWCONV_F32_H_
