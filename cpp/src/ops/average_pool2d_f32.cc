#include "kernels/pool/pool_table.h"
#include "ops/pool2d_window.h"

namespace edgec {

edgec_status PrepareAveragePool2dF32(const Node& node, PrepareContext& context,
                                     std::unique_ptr<Op>* op) {
  NodeInspector check(node, context);
  if (!check.Signature({EDGEC_F32}, EDGEC_F32, 7)) return check.status();
  const Pool2dWindow window(node, check);
  const bool count_pad = check.Int(6, 0, 1, "count_include_pad must be 0 or 1") == 1;
  if (!check.ok()) return check.status();

  const auto& kernel = AveragePoolF32Kernels().Best(context.isa);
  context.kernel = kernel.name;
  const size_t channels = window.channels();
  const float all_taps = static_cast<float>(window.taps());
  *op = window.MakeOp<float>(
      *node.inputs[0], *node.outputs[0],
      [=, run = kernel.run](const PoolWindow& taps, const float* x, float* out) {
        const float count = static_cast<float>(taps.rows * taps.columns);
        run(channels, taps, x, count_pad ? all_taps : count, out);
      });
  return EDGEC_OK;
}

}  // namespace edgec
