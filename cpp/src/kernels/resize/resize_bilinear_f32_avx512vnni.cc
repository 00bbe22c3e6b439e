#include "kernels/simd/avx512.h"
// The loop over these lanes.
#include "kernels/resize/lanes.h"

namespace edgec {

void resize_bilinear_f32_avx512vnni(size_t n, const ResizeTaps<float>& taps, ResizeWeights w,
                                    float* out) {
  ResizeBilinearF32Lanes(n, taps, w, out);
}

}  // namespace edgec
