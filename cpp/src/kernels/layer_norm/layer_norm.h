// Normalization of one row of n elements to mean 0 and variance 1, then scale and shift
// (Ba, Kiros, Hinton 2016, "Layer Normalization", equations 3 and 4).
//
//     layer_norm_s8, in exact integers up to the root, so that all CPUs agree:
//       S1 = Σ x, S2 = Σ x²                         n² · variance = n · S2 − S1²
//       v = f64(n·S2 − S1²) + f64(eps_q) · f64(n) · f64(n)        eps_q = epsilon / (scale of x)²
//       r = f32(1 / √v), 0 if v is 0
//       out[i] = rne(clamp((f32(n·x[i] − S1) · r) · gamma[i] + beta[i])) + zero_point, NaN counts
//       as 0
//     layer_norm_f32:
//       out[i] = ((x[i] − mean) · (1 / √(variance + eps))) · gamma[i] + beta[i]
//
// gamma and beta of the int8 form are already divided by the scale of the output.
// The caller's duties: 1 <= n <= 2^22 (int8 form: n · x fits int32); out is x or does not
// overlap it.
#ifndef EDGEC_KERNELS_LAYER_NORM_LAYER_NORM_H_
#define EDGEC_KERNELS_LAYER_NORM_LAYER_NORM_H_

#include <cstddef>
#include <cstdint>

#include "kernels/simd/s8_range.h"

namespace edgec {

struct LayerNormS8Params {
  const float* gamma;  // n
  const float* beta;   // n
  float eps_q;
  S8Range range;
};

struct LayerNormF32Params {
  const float* gamma;  // n
  const float* beta;   // n
  float eps;
};

using LayerNormS8Kernel = void(size_t n, const int8_t* x, const LayerNormS8Params& params,
                               int8_t* out);
using LayerNormF32Kernel = void(size_t n, const float* x, const LayerNormF32Params& params,
                                float* out);

// r of the int8 form.
static inline float InverseDeviation(size_t n, int64_t s1, int64_t s2, float eps_q) {
  const double count = static_cast<double>(n);
  const int64_t spread = static_cast<int64_t>(n) * s2 - s1 * s1;
  const double v = static_cast<double>(spread) + static_cast<double>(eps_q) * count * count;
  return v == 0.0 ? 0.0f : static_cast<float>(1.0 / __builtin_sqrt(v));
}

}  // namespace edgec
#endif  // EDGEC_KERNELS_LAYER_NORM_LAYER_NORM_H_
