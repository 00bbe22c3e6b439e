// Packs the right side of a product of two activations at run time, as the weights of igemm are
// packed by the lowering (edgec/format/spec.md, Packing).
//
//   b, element (p, j) = depth p of column j        w
//   "kn": b[p · b_stride + j]  ┐                   s8:  layout s8_16c4, ⌈n/16⌉ · ⌈k/4⌉ blocks of 64
//   bytes "nk": b[j · b_stride + p]  ┴─────────────────► f32: layout f32_16,  ⌈n/16⌉ · k blocks of
//   16 values
//
// Columns past n and depths past k become zeros. sums[j] = Σ_p of column j, for j < ⌈n/16⌉·16: what
// a zero point of the left side, or a kernel's a_offset, is multiplied with; it wraps modulo 2^32.
// The kernel reads exactly the n · k elements.
#ifndef EDGEC_KERNELS_PACK_B_PACK_B_H_
#define EDGEC_KERNELS_PACK_B_PACK_B_H_

#include <cstddef>
#include <cstdint>

namespace edgec {

using PackBS8Kernel = void(size_t n, size_t k, const int8_t* b, size_t b_stride, int8_t* w,
                           int32_t* sums);
using PackBF32Kernel = void(size_t n, size_t k, const float* b, size_t b_stride, float* w);

}  // namespace edgec
#endif  // EDGEC_KERNELS_PACK_B_PACK_B_H_
