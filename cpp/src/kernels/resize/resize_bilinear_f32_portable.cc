#include "kernels/resize/resize.h"

namespace edgec {

void resize_bilinear_f32_portable(size_t n, const ResizeTaps<float>& taps, ResizeWeights w,
                                  float* out) {
  for (size_t c = 0; c < n; ++c) {
    const float top = taps.p00[c] + (taps.p01[c] - taps.p00[c]) * w.x;
    const float bottom = taps.p10[c] + (taps.p11[c] - taps.p10[c]) * w.x;
    out[c] = top + (bottom - top) * w.y;
  }
}

}  // namespace edgec
