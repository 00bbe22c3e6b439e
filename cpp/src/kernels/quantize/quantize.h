// float32 to int8 and back, one scale for all elements.
//
//     quantize_f32_s8:    out[i] = rne(clamp(x[i] / scale)) + zero_point, NaN counts as 0
//     dequantize_s8_f32:  out[i] = f32(x[i] − zero_point) · scale
//
// The caller's duties: scale is a normal number above 0; out does not overlap x. Any n, any
// alignment.
#ifndef EDGEC_KERNELS_QUANTIZE_QUANTIZE_H_
#define EDGEC_KERNELS_QUANTIZE_QUANTIZE_H_

#include <cstddef>
#include <cstdint>

#include "kernels/simd/s8_range.h"

namespace edgec {

using QuantizeF32S8Kernel = void(size_t n, const float* x, float scale, const S8Range& range,
                                 int8_t* out);
using DequantizeS8F32Kernel = void(size_t n, const int8_t* x, float scale, int32_t zero_point,
                                   float* out);

}  // namespace edgec
#endif  // EDGEC_KERNELS_QUANTIZE_QUANTIZE_H_
