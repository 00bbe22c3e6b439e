#include "ops/residual_add.h"

#include "ops/node_inspector.h"

namespace edgec {
namespace {

// |bias| + |a · mult_a| + |b · mult_b| for the worst a and b.
bool SumFits(const AddS8Params& params) {
  const auto size = [](int64_t value) { return value < 0 ? -value : value; };
  return size(params.bias) + 128 * size(params.mult_a) + 128 * size(params.mult_b) <= INT32_MAX;
}

}  // namespace

edgec_status ReadAddS8Params(const Node& node, PrepareContext& context, uint32_t first_param,
                             AddS8Params* params) {
  NodeInspector check(node, context);
  const int32_t* given = node.params + first_param;
  params->bias = given[0];
  params->mult_a = given[1];
  params->mult_b = given[2];
  check.Require(SumFits(*params), EDGEC_E_OP_PARAM, "bias and multipliers overflow int32");
  params->shift = check.Int(first_param + 3, 0, 31, "shift must lie in 0 .. 31");
  params->zero_point = check.ZeroPoint(first_param + 4);
  params->qmin = check.Int(first_param + 5, -128, 127, "qmin must lie in -128 .. 127");
  params->qmax = check.Int(first_param + 6, params->qmin, 127, "qmax must lie in qmin .. 127");
  return check.status();
}

edgec_status ResidualAdd::Prepare(const Node& node, PrepareContext& context, uint32_t first_param) {
  const Tensor &residual = *node.inputs[node.input_count - 1], &y = *node.outputs[0];
  NodeInspector check(node, context);
  check.Require(residual.dtype == EDGEC_S8 && residual.layout == Layout::kPlain, EDGEC_E_OP_TYPE,
                "the residual must be s8 and plain");
  check.SameShape(residual, y);
  if (!check.ok()) return check.status();
  if (const auto status = ReadAddS8Params(node, context, first_param, &params_)) return status;
  residual_ = residual.as<int8_t>();
  add_ = AddS8Kernels().Best(context.isa).run;
  return EDGEC_OK;
}

void ResidualAdd::Run(size_t m, size_t n, const int8_t* tile, size_t at, size_t stride,
                      int8_t* y) const {
  if (n == stride) {
    add_(Operands::kRows, m * n, tile, residual_ + at, params_, y + at);
    return;
  }
  for (size_t i = 0; i < m; ++i, tile += n, at += stride) {
    add_(Operands::kRows, n, tile, residual_ + at, params_, y + at);
  }
}

}  // namespace edgec
