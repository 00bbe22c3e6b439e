// How far apart in a plain tensor the neighbours of each dim are, in elements.
#ifndef EDGEC_OPS_DENSE_STRIDES_H_
#define EDGEC_OPS_DENSE_STRIDES_H_

#include "ops/op.h"

namespace edgec {

struct DenseStrides {
  size_t of[EDGEC_MAX_RANK];

  explicit DenseStrides(const Tensor& tensor) {
    size_t stride = 1;
    for (uint32_t i = tensor.rank; i-- > 0;) {
      of[i] = stride;
      stride *= tensor.dims[i];
    }
  }
};

}  // namespace edgec
#endif  // EDGEC_OPS_DENSE_STRIDES_H_
