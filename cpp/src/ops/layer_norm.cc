#include "kernels/layer_norm/layer_norm_table.h"
#include "ops/loop_op.h"
#include "ops/node_inspector.h"

namespace edgec {
namespace {

// Rows of n elements; the params that both forms have.
template <class Params>
size_t ReadRows(const Node& node, NodeInspector& check, Params* params) {
  const Tensor& out = *node.outputs[0];
  check.SameShape(*node.inputs[0], out);
  const size_t n = check.Int(0, 1, 1 << 22, "n must lie in 1 .. 2^22");
  check.Require(out.elements() % n == 0, EDGEC_E_OP_SHAPE, "the rows do not fill the input");
  check.Require(node.inputs[1]->elements() == n && node.inputs[2]->elements() == n,
                EDGEC_E_OP_SHAPE, "gamma and beta must have n elements");
  params->gamma = node.inputs[1]->as<float>();
  params->beta = node.inputs[2]->as<float>();
  return n;
}

float ReadEpsilon(NodeInspector& check) {
  const float eps = check.Number(1);
  check.Require(eps >= 0.0f, EDGEC_E_OP_PARAM, "epsilon must not be negative");
  return eps;
}

template <class T, class Kernel, class Params>
std::unique_ptr<Op> MakeRows(const Node& node, size_t n, Kernel* run, const Params& params) {
  const T* x = node.inputs[0]->as<T>();
  T* to = node.outputs[0]->out<T>();
  return MakeLoop(node.outputs[0]->elements() / n, GrainOf(n, 8),
                  [=](size_t begin, size_t end, uint32_t) {
                    for (size_t i = begin; i < end; ++i) run(n, x + i * n, params, to + i * n);
                  });
}

}  // namespace

edgec_status PrepareLayerNormS8(const Node& node, PrepareContext& context,
                                std::unique_ptr<Op>* op) {
  NodeInspector check(node, context);
  if (!check.Signature({EDGEC_S8, EDGEC_F32, EDGEC_F32}, EDGEC_S8, 5)) return check.status();
  LayerNormS8Params params = {};
  const size_t n = ReadRows(node, check, &params);
  params.eps_q = ReadEpsilon(check);
  params.range = check.Range(2);
  if (!check.ok()) return check.status();

  const auto& kernel = LayerNormS8Kernels().Best(context.isa);
  context.kernel = kernel.name;
  *op = MakeRows<int8_t>(node, n, kernel.run, params);
  return EDGEC_OK;
}

edgec_status PrepareLayerNormF32(const Node& node, PrepareContext& context,
                                 std::unique_ptr<Op>* op) {
  NodeInspector check(node, context);
  if (!check.Signature({EDGEC_F32, EDGEC_F32, EDGEC_F32}, EDGEC_F32, 2)) return check.status();
  LayerNormF32Params params = {};
  const size_t n = ReadRows(node, check, &params);
  params.eps = ReadEpsilon(check);
  if (!check.ok()) return check.status();

  const auto& kernel = LayerNormF32Kernels().Best(context.isa);
  context.kernel = kernel.name;
  *op = MakeRows<float>(node, n, kernel.run, params);
  return EDGEC_OK;
}

}  // namespace edgec
