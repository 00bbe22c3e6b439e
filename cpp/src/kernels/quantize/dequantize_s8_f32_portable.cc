#include "kernels/quantize/quantize.h"

namespace edgec {

void dequantize_s8_f32_portable(size_t n, const int8_t* x, float scale, int32_t zero_point,
                                float* out) {
  for (size_t i = 0; i < n; ++i) out[i] = static_cast<float>(x[i] - zero_point) * scale;
}

}  // namespace edgec
