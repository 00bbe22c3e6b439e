#include "kernels/simd/avx2.h"
// The loop over these lanes.
#include "kernels/layer_norm/lanes.h"

namespace edgec {

void layer_norm_f32_avx2(size_t n, const float* x, const LayerNormF32Params& params, float* out) {
  LayerNormF32Lanes(n, x, params, out);
}

}  // namespace edgec
