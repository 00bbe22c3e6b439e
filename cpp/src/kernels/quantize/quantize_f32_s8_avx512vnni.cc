#include "kernels/simd/avx512.h"
// The loop over these lanes.
#include "kernels/quantize/lanes.h"

namespace edgec {

void quantize_f32_s8_avx512vnni(size_t n, const float* x, float scale, const S8Range& range,
                                int8_t* out) {
  QuantizeLanes(n, x, scale, range, out);
}

}  // namespace edgec
