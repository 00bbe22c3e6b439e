// int8 depthwise convolution with indirect taps, requantized to int8.
//
//     y[i][j] = requant(bias[j] + Σ_t x[i·taps + t][j] · w[j][t])
//
//     0 ≤ i < m output pixels    0 ≤ j < n channels    0 ≤ t < taps (kernel positions)
//
// A pixel has one pointer per tap to the first channel there, so any kernel size, stride and
// dilation is the same work, and a padded position is a pointer to a row of zero points. Sums wrap
// modulo 2^32.
//
//   x: [m][taps] pointers ──► n int8 each          w: layout dw16 (edgec/format/spec.md, Packing)
//      pixel 0: tap 0, tap 1, …                       ┌ block of 16 channels ┐
//      pixel 1: tap 0, tap 1, …                       │ tap 0: 16 channels   │ 16 bytes
//                                                     │ tap 1: 16 channels   │
//
// The caller's duties: m, n, taps ≥ 1; w in [−127, 127] and aligned to 16 bytes; bias, mult and w
// hold ⌈n/16⌉·16 channels.
// The kernel reads exactly n bytes at each pointer and writes exactly n bytes of each pixel of y.
#ifndef EDGEC_KERNELS_DWCONV_S8_DWCONV_S8_H_
#define EDGEC_KERNELS_DWCONV_S8_DWCONV_S8_H_

#include <cstddef>
#include <cstdint>

#include "kernels/requant/requant.h"

namespace edgec {

struct DwconvS8Params {
  const int32_t* bias;  // [⌈n/16⌉·16]
  RequantS8 requant;
};

using DwconvS8Kernel = void(size_t m, size_t n, size_t taps, const int8_t* const* x,
                            const int8_t* w, int8_t* y, size_t y_stride,
                            const DwconvS8Params* params);

}  // namespace edgec
#endif  // EDGEC_KERNELS_DWCONV_S8_DWCONV_S8_H_
