#include "ops/node_check.h"

#include <algorithm>

namespace edgec {

edgec_status Refuse(PrepareContext& context, edgec_status status, const char* sentence) {
  context.error = sentence;
  return status;
}

edgec_status CheckCounts(const Node& node, PrepareContext& context, uint32_t inputs,
                         uint32_t outputs, uint32_t params) {
  if (node.input_count != inputs) {
    return Refuse(context, EDGEC_E_OP_TYPE, "the number of inputs is not the op's");
  }
  if (node.output_count != outputs) {
    return Refuse(context, EDGEC_E_OP_TYPE, "the number of outputs is not the op's");
  }
  if (node.param_count != params) {
    return Refuse(context, EDGEC_E_OP_PARAM, "the number of params is not the op's");
  }
  for (uint32_t i = 0; i < inputs; ++i) {
    if (node.inputs[i] == nullptr) {
      return Refuse(context, EDGEC_E_OP_TYPE, "an input is absent that the op needs");
    }
  }
  return EDGEC_OK;
}

bool IsPlain(const Tensor& tensor, edgec_dtype dtype, uint32_t rank) {
  return tensor.dtype == dtype && tensor.layout == Layout::kPlain && tensor.rank == rank;
}

bool IsConstant(const Tensor& tensor, edgec_dtype dtype, Layout layout, uint32_t rank) {
  return tensor.constant && tensor.dtype == dtype && tensor.layout == layout && tensor.rank == rank;
}

bool HasDims(const Tensor& tensor, std::initializer_list<uint64_t> dims) {
  return tensor.rank == dims.size() && std::equal(dims.begin(), dims.end(), tensor.dims);
}

bool ParamsWithin(const Node& node, uint32_t first, uint32_t last, int32_t low, int32_t high) {
  for (uint32_t i = first; i <= last; ++i) {
    if (node.params[i] < low || node.params[i] > high) return false;
  }
  return true;
}

}  // namespace edgec
