// One number from a row of n elements that lie side by side (rows that do not are windows of
// pool/).
//
//     sum_row_s8:   Σ x[i], modulo 2^32
//     sum_row_f32:  Σ x[i]: elements i mod 16 by themselves in runs of 256, then the runs, then the
//                   sixteen sums
//     max_row_f32:  the greatest, NaN if one is NaN
//
// The caller's duties: n >= 1.
#ifndef EDGEC_KERNELS_REDUCE_REDUCE_H_
#define EDGEC_KERNELS_REDUCE_REDUCE_H_

#include <cstddef>
#include <cstdint>

namespace edgec {

using SumRowS8Kernel = int32_t(size_t n, const int8_t* x);
using SumRowF32Kernel = float(size_t n, const float* x);
using MaxRowF32Kernel = float(size_t n, const float* x);

}  // namespace edgec
#endif  // EDGEC_KERNELS_REDUCE_REDUCE_H_
