#include "ops/batch_matmul.h"

#include <algorithm>

#include "ops/node_check.h"

namespace edgec {

edgec_status ReadBatchMatmulShape(const Node& node, PrepareContext& context, edgec_dtype dtype,
                                  BatchMatmulShape* shape) {
  const Tensor &a = *node.inputs[0], &b = *node.inputs[1], &y = *node.outputs[0];
  if (!IsPlain(a, dtype, a.rank) || !IsPlain(b, dtype, a.rank) || !IsPlain(y, dtype, a.rank) ||
      a.rank < 2) {
    return Refuse(context, EDGEC_E_OP_TYPE, "a, b and y must be of the op's type, and of one rank");
  }
  if (!ParamsWithin(node, 0, 0, 0, 1)) {
    return Refuse(context, EDGEC_E_OP_PARAM, "transpose_b must be 0 or 1");
  }
  shape->transpose_b = node.params[0] == 1;
  const uint32_t row = a.rank - 2, column = a.rank - 1;
  shape->m = a.dims[row];
  shape->k = a.dims[column];
  shape->n = y.dims[column];
  const bool fits = shape->transpose_b ? b.dims[row] == shape->n && b.dims[column] == shape->k
                                       : b.dims[row] == shape->k && b.dims[column] == shape->n;
  if (!fits || y.dims[row] != shape->m || !std::equal(a.dims, a.dims + row, b.dims) ||
      !std::equal(a.dims, a.dims + row, y.dims)) {
    return Refuse(context, EDGEC_E_OP_SHAPE, "a, b and y do not fit as [...,m,k] · [...,k,n]");
  }
  for (uint32_t i = 0; i < row; ++i) shape->batches *= a.dims[i];
  return EDGEC_OK;
}

}  // namespace edgec
