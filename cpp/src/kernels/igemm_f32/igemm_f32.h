// float32 matrix multiplication with indirect rows: convolution without im2col.
//
//     c[i][j] = clamp(bias[j] + Σ_t Σ_p a[i][tap[t] + p] · w[j][t·k + p], min, max)
//
// Rows, columns and taps are as in kernels/igemm_s8/igemm_s8.h. w has the layout f32_16
// (edgec/format/spec.md, Packing): for each block of 16 columns, taps · k times 16 values.
// The order of the additions is a kernel's own, and kernels may fuse: results differ within
// float32's accuracy. A NaN stays a NaN.
//
// The caller's duties: 1 ≤ m ≤ the kernel's mr; n, k, taps ≥ 1; bias holds ⌈n/16⌉·16 values.
// The kernel reads exactly k values of each row and writes exactly n values of each row of c.
#ifndef EDGEC_KERNELS_IGEMM_F32_IGEMM_F32_H_
#define EDGEC_KERNELS_IGEMM_F32_IGEMM_F32_H_

#include <cstddef>

namespace edgec {

struct IgemmF32Params {
  const float* bias;  // [⌈n/16⌉·16]
  float min;
  float max;
};

using IgemmF32Kernel = void(size_t m, size_t n, size_t k, size_t taps, const float* const* a,
                            const ptrdiff_t* tap, const float* w, float* c, size_t c_stride,
                            const IgemmF32Params* params);

}  // namespace edgec
#endif  // EDGEC_KERNELS_IGEMM_F32_IGEMM_F32_H_
