#include "kernels/simd/avx512.h"
// The loop over these lanes.
#include "kernels/quantize/lanes.h"

namespace edgec {

void dequantize_s8_f32_avx512vnni(size_t n, const int8_t* x, float scale, int32_t zero_point,
                                  float* out) {
  DequantizeLanes(n, x, scale, zero_point, out);
}

}  // namespace edgec
