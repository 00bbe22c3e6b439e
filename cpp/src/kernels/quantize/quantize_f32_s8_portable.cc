#include "kernels/quantize/quantize.h"

namespace edgec {

void quantize_f32_s8_portable(size_t n, const float* x, float scale, const S8Range& range,
                              int8_t* out) {
  for (size_t i = 0; i < n; ++i) out[i] = RoundToS8(x[i] / scale, range);
}

}  // namespace edgec
