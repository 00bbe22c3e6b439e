#include "kernels/simd/avx512.h"
// The loop over these lanes.
#include "kernels/layer_norm/lanes.h"

namespace edgec {

void layer_norm_f32_avx512vnni(size_t n, const float* x, const LayerNormF32Params& params,
                               float* out) {
  LayerNormF32Lanes(n, x, params, out);
}

}  // namespace edgec
