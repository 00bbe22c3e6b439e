#include "kernels/pool/pool_table.h"
#include "ops/pool2d_window.h"

namespace edgec {
namespace {

template <class T, class Kernel>
edgec_status Prepare(const Node& node, PrepareContext& context, edgec_dtype dtype,
                     const KernelTable<Kernel>& kernels, std::unique_ptr<Op>* op) {
  NodeInspector check(node, context);
  if (!check.Signature({dtype}, dtype, 6)) return check.status();
  const Pool2dWindow window(node, check);
  if (!check.ok()) return check.status();

  const auto& kernel = kernels.Best(context.isa);
  context.kernel = kernel.name;
  const size_t channels = window.channels();
  *op = window.MakeOp<T>(*node.inputs[0], *node.outputs[0],
                         [=, run = kernel.run](const PoolWindow& taps, const T* x, T* out) {
                           run(channels, taps, x, out);
                         });
  return EDGEC_OK;
}

}  // namespace

edgec_status PrepareMaxPool2dS8(const Node& node, PrepareContext& context,
                                std::unique_ptr<Op>* op) {
  return Prepare<int8_t>(node, context, EDGEC_S8, MaxPoolS8Kernels(), op);
}

edgec_status PrepareMaxPool2dF32(const Node& node, PrepareContext& context,
                                 std::unique_ptr<Op>* op) {
  return Prepare<float>(node, context, EDGEC_F32, MaxPoolF32Kernels(), op);
}

}  // namespace edgec
