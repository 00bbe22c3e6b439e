#include "kernels/simd/avx2.h"
// The loop over these lanes.
#include "kernels/resize/lanes.h"

namespace edgec {

void resize_bilinear_f32_avx2(size_t n, const ResizeTaps<float>& taps, ResizeWeights w,
                              float* out) {
  ResizeBilinearF32Lanes(n, taps, w, out);
}

}  // namespace edgec
