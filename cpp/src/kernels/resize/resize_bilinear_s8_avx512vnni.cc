#include "kernels/simd/avx512.h"
// The loop over these lanes.
#include "kernels/resize/lanes.h"

namespace edgec {

void resize_bilinear_s8_avx512vnni(size_t n, const ResizeTaps<int8_t>& taps, ResizeWeights w,
                                   int8_t* out) {
  ResizeBilinearS8Lanes(n, taps, w, out);
}

}  // namespace edgec
