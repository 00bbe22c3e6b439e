#include "kernels/pool/pool_table.h"
#include "ops/pool2d_window.h"

namespace edgec {

edgec_status PrepareAveragePool2dS8(const Node& node, PrepareContext& context,
                                    std::unique_ptr<Op>* op) {
  NodeInspector check(node, context);
  if (!check.Signature({EDGEC_S8}, EDGEC_S8, 10)) return check.status();
  const Pool2dWindow window(node, check);
  const bool count_pad = check.Int(6, 0, 1, "count_include_pad must be 0 or 1") == 1;
  AveragePoolS8Params params = {};
  params.zero_in = check.ZeroPoint(7);
  params.range = check.FullRange(8);
  const float mult = check.Positive(9);
  if (!check.ok()) return check.status();

  const auto& kernel = AveragePoolS8Kernels().Best(context.isa);
  context.kernel = kernel.name;
  const size_t channels = window.channels();
  const float all_taps = static_cast<float>(window.taps());
  *op = window.MakeOp<int8_t>(
      *node.inputs[0], *node.outputs[0],
      [=, run = kernel.run](const PoolWindow& taps, const int8_t* x, int8_t* out) {
        AveragePoolS8Params pixel = params;
        pixel.mult = mult / (count_pad ? all_taps : static_cast<float>(taps.rows * taps.columns));
        run(channels, taps, x, pixel, out);
      });
  return EDGEC_OK;
}

}  // namespace edgec
