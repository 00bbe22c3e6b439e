// Softmax of one row of n elements.
//
//     softmax_s8:   m = max x; s = Σ lut[m − x[i]] as u64; f = inv_scale / f32(s);
//                   out[i] = rne(clamp(f32(lut[m − x[i]]) · f)) + zero_point
//     softmax_f32:  out[i] = e[i] · (1 / Σ e), e[i] = exp(x[i] − max x)
//
// lut[d] is exp(−d · scale of x) in fixed point. The caller's duties: n >= 1; out is x or does not
// overlap it.
#ifndef EDGEC_KERNELS_SOFTMAX_SOFTMAX_H_
#define EDGEC_KERNELS_SOFTMAX_SOFTMAX_H_

#include <cstddef>
#include <cstdint>

#include "kernels/simd/s8_range.h"

namespace edgec {

struct SoftmaxS8Params {
  const uint32_t* lut;  // 256
  float inv_scale;      // 1 / scale of the output
  S8Range range;
};

using SoftmaxS8Kernel = void(size_t n, const int8_t* x, const SoftmaxS8Params& params, int8_t* out);
using SoftmaxF32Kernel = void(size_t n, const float* x, float* out);

}  // namespace edgec
#endif  // EDGEC_KERNELS_SOFTMAX_SOFTMAX_H_
