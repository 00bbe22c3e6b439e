#include "kernels/simd/avx2.h"
// The loop over these lanes.
#include "kernels/resize/lanes.h"

namespace edgec {

void resize_bilinear_s8_avx2(size_t n, const ResizeTaps<int8_t>& taps, ResizeWeights w,
                             int8_t* out) {
  ResizeBilinearS8Lanes(n, taps, w, out);
}

}  // namespace edgec
