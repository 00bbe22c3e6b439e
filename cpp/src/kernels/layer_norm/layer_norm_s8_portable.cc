#include "kernels/layer_norm/layer_norm.h"

namespace edgec {

void layer_norm_s8_portable(size_t n, const int8_t* x, const LayerNormS8Params& params,
                            int8_t* out) {
  int64_t s1 = 0, s2 = 0;
  for (size_t i = 0; i < n; ++i) {
    s1 += x[i];
    s2 += x[i] * x[i];
  }
  const float r = InverseDeviation(n, s1, s2, params.eps_q);
  for (size_t i = 0; i < n; ++i) {
    const int64_t centered = static_cast<int64_t>(n) * x[i] - s1;
    const float normal = static_cast<float>(centered) * r;
    out[i] = RoundToS8(normal * params.gamma[i] + params.beta[i], params.range);
  }
}

}  // namespace edgec
