// softmax_f32 of softmax.h over the lanes of simd/.
#ifndef EDGEC_KERNELS_SOFTMAX_LANES_H_
#define EDGEC_KERNELS_SOFTMAX_LANES_H_

#include "kernels/simd/math.h"
#include "kernels/softmax/softmax.h"

namespace edgec {
namespace {

inline void SoftmaxF32Lanes(size_t n, const float* x, float* out) {
  const F32 most = Fill(MaxRow(n, x));
  Map(n, x, out, [=](F32 v) { return Exp(v - most); });
  const F32 factor = Fill(1.0f / SumRow(n, out));
  Map(n, out, out, [=](F32 e) { return e * factor; });
}

}  // namespace
}  // namespace edgec
#endif  // EDGEC_KERNELS_SOFTMAX_LANES_H_
