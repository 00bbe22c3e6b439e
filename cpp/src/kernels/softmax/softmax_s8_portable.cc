#include "kernels/softmax/softmax.h"

namespace edgec {

void softmax_s8_portable(size_t n, const int8_t* x, const SoftmaxS8Params& params, int8_t* out) {
  int32_t most = x[0];
  for (size_t i = 0; i < n; ++i) most = x[i] > most ? x[i] : most;
  uint64_t sum = 0;
  for (size_t i = 0; i < n; ++i) sum += params.lut[most - x[i]];
  const float factor = params.inv_scale / static_cast<float>(sum);
  for (size_t i = 0; i < n; ++i) {
    out[i] = RoundToS8(static_cast<float>(params.lut[most - x[i]]) * factor, params.range);
  }
}

}  // namespace edgec
