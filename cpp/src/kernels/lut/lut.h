// Any function of one int8 value:  out[i] = table[x[i] + 128], table of 256.
//
// The caller's duties: out is x or does not overlap it, nor table. Any n, any alignment.
#ifndef EDGEC_KERNELS_LUT_LUT_H_
#define EDGEC_KERNELS_LUT_LUT_H_

#include <cstddef>
#include <cstdint>

namespace edgec {

using LutS8Kernel = void(size_t n, const int8_t* x, const int8_t* table, int8_t* out);

}  // namespace edgec
#endif  // EDGEC_KERNELS_LUT_LUT_H_
