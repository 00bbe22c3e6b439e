// A matrix with rows and columns exchanged: out[j][i] = in[i][j].
//
//     in:  rows × columns, rows in_stride elements apart
//     out: columns × rows, rows out_stride elements apart
//
// The caller's duties: an element is 1, 4 or 8 bytes, and aligned to its size; out does not overlap
// in.
#ifndef EDGEC_KERNELS_TRANSPOSE_TRANSPOSE_H_
#define EDGEC_KERNELS_TRANSPOSE_TRANSPOSE_H_

#include <cstddef>
#include <cstdint>

namespace edgec {

struct TransposeShape {
  size_t rows, columns;
  size_t in_stride, out_stride;  // in elements
};

using Transpose2dKernel = void(size_t element_bytes, const TransposeShape& shape, const void* in,
                               void* out);

}  // namespace edgec
#endif  // EDGEC_KERNELS_TRANSPOSE_TRANSPOSE_H_
