#include "kernels/resize/resize.h"
#include "kernels/simd/s8_range.h"

namespace edgec {

void resize_bilinear_s8_portable(size_t n, const ResizeTaps<int8_t>& taps, ResizeWeights w,
                                 int8_t* out) {
  const S8Range range = MakeS8Range(0, -128, 127);
  for (size_t c = 0; c < n; ++c) {
    const float p00 = taps.p00[c], p01 = taps.p01[c], p10 = taps.p10[c], p11 = taps.p11[c];
    const float top = p00 + (p01 - p00) * w.x;
    const float bottom = p10 + (p11 - p10) * w.x;
    out[c] = RoundToS8(top + (bottom - top) * w.y, range);
  }
}

}  // namespace edgec
