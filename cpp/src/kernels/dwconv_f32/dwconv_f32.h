// float32 depthwise convolution with indirect taps.
//
//     y[i][j] = clamp(bias[j] + Σ_t x[i·taps + t][j] · w[j][t], min, max)
//
//     0 ≤ i < m output pixels    0 ≤ j < n channels    0 ≤ t < taps (kernel positions)
//
// As dwconv_s8: a pixel has one pointer per tap, a padded position points to zeros, w has the
// layout dw16 (edgec/format/spec.md, Packing). Kernels may fuse: results differ within float32's
// accuracy. A NaN stays a NaN.
//
// The caller's duties: m, n, taps ≥ 1; bias and w hold ⌈n/16⌉·16 channels.
// The kernel reads exactly n values at each pointer and writes exactly n values of each pixel of y.
#ifndef EDGEC_KERNELS_DWCONV_F32_DWCONV_F32_H_
#define EDGEC_KERNELS_DWCONV_F32_DWCONV_F32_H_

#include <cstddef>

namespace edgec {

struct DwconvF32Params {
  const float* bias;  // [⌈n/16⌉·16]
  float min;
  float max;
};

using DwconvF32Kernel = void(size_t m, size_t n, size_t taps, const float* const* x, const float* w,
                             float* y, size_t y_stride, const DwconvF32Params* params);

}  // namespace edgec
#endif  // EDGEC_KERNELS_DWCONV_F32_DWCONV_F32_H_
