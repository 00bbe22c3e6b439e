#include "kernels/simd/avx512.h"
// The loop over these lanes.
#include "kernels/layer_norm/lanes.h"

namespace edgec {

void layer_norm_s8_avx512vnni(size_t n, const int8_t* x, const LayerNormS8Params& params,
                              int8_t* out) {
  LayerNormS8Lanes(n, x, params, out);
}

}  // namespace edgec
