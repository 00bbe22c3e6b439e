// One output pixel of a pooling: for each of n channels, the maximum or average over a window of
// taps.
//
//     x ─► tap (0,0)  tap (0,1) …      taps of a row are column_stride elements apart,
//          tap (1,0)  tap (1,1) …      rows row_stride elements; a tap is n elements
//
//     max_pool:          out[c] = max over the taps; NaN if one is NaN
//     average_pool_s8:   out[c] = rne(clamp(f32(Σ (x − zero_in)) · mult)) + zero_point
//     average_pool_f32:  out[c] = Σ x / divisor, summed over runs of at most 32 taps of a row, then
//     over the runs
//
// The caller's duties: the window has at least one tap, and only taps inside the image (fewer than
// 2^23, so that the int8 sum fits int32); out does not overlap x. Means and maxima over an axis are
// windows, too.
#ifndef EDGEC_KERNELS_POOL_POOL_H_
#define EDGEC_KERNELS_POOL_POOL_H_

#include <cstddef>
#include <cstdint>

#include "kernels/simd/s8_range.h"

namespace edgec {

struct PoolWindow {
  size_t rows, columns;
  size_t row_stride, column_stride;  // in elements
};

struct AveragePoolS8Params {
  int32_t zero_in;
  float mult;  // already divided by the number of taps
  S8Range range;
};

constexpr size_t kPoolRun = 32;

using MaxPoolS8Kernel = void(size_t n, const PoolWindow& window, const int8_t* x, int8_t* out);
using MaxPoolF32Kernel = void(size_t n, const PoolWindow& window, const float* x, float* out);
using AveragePoolS8Kernel = void(size_t n, const PoolWindow& window, const int8_t* x,
                                 const AveragePoolS8Params& params, int8_t* out);
using AveragePoolF32Kernel = void(size_t n, const PoolWindow& window, const float* x, float divisor,
                                  float* out);

}  // namespace edgec
#endif  // EDGEC_KERNELS_POOL_POOL_H_
