#include "kernels/resize/resize_table.h"
#include "ops/loop_op.h"
#include "ops/node_inspector.h"

namespace edgec {
namespace {

// The two tables of one axis: for each output position the two taps, and the weight of the second.
struct Axis {
  const int32_t* taps;   // [out, 2]
  const float* weights;  // [out]
};

Axis ReadAxis(const Node& node, NodeInspector& check, uint32_t input, uint32_t dim) {
  const uint64_t out = node.outputs[0]->dims[dim], in = node.inputs[0]->dims[dim];
  check.Constant(input, 2 * out, "a table must have two taps for each output row or column");
  check.Constant(input + 1, out, "a table must have one weight for each output row or column");
  if (!check.ok()) return {};
  const Axis axis = {node.inputs[input]->as<int32_t>(), node.inputs[input + 1]->as<float>()};
  bool inside = true, weights = true;
  for (uint64_t i = 0; i < out; ++i) {
    inside &= axis.taps[2 * i] >= 0 && static_cast<uint64_t>(axis.taps[2 * i]) < in;
    inside &= axis.taps[2 * i + 1] >= 0 && static_cast<uint64_t>(axis.taps[2 * i + 1]) < in;
    weights &= axis.weights[i] >= 0.0f && axis.weights[i] <= 1.0f;
  }
  check.Require(inside, EDGEC_E_OP_PARAM, "a tap of a table lies outside of the image");
  check.Require(weights, EDGEC_E_OP_PARAM, "a weight of a table lies outside of 0 .. 1");
  return axis;
}

struct Plan {
  Axis y, x;
  size_t in_h, in_w, out_h, out_w, channels;
};

// One output row: i counts the rows of all images.
template <class T, class Kernel>
void ResizeRow(const Plan& plan, size_t i, const T* in, T* out, Kernel* run) {
  const size_t oy = i % plan.out_h;
  const size_t line = plan.in_w * plan.channels;
  const T* image = in + i / plan.out_h * plan.in_h * line;
  const T* top = image + static_cast<size_t>(plan.y.taps[2 * oy]) * line;
  const T* bottom = image + static_cast<size_t>(plan.y.taps[2 * oy + 1]) * line;
  out += i * plan.out_w * plan.channels;
  for (size_t ox = 0; ox < plan.out_w; ++ox, out += plan.channels) {
    const size_t left = static_cast<size_t>(plan.x.taps[2 * ox]) * plan.channels;
    const size_t right = static_cast<size_t>(plan.x.taps[2 * ox + 1]) * plan.channels;
    const ResizeTaps<T> taps = {top + left, top + right, bottom + left, bottom + right};
    run(plan.channels, taps, {plan.x.weights[ox], plan.y.weights[oy]}, out);
  }
}

template <class T, class Kernel>
edgec_status Prepare(const Node& node, PrepareContext& context, edgec_dtype dtype,
                     const KernelTable<Kernel>& kernels, std::unique_ptr<Op>* op) {
  NodeInspector check(node, context);
  if (!check.Signature({dtype, EDGEC_S32, EDGEC_F32, EDGEC_S32, EDGEC_F32}, dtype, 0)) {
    return check.status();
  }
  const Tensor &x = *node.inputs[0], &out = *node.outputs[0];
  check.Require(x.rank == 4 && out.rank == 4, EDGEC_E_OP_SHAPE, "input and output must be images");
  if (!check.ok()) return check.status();
  check.Require(x.dims[0] == out.dims[0] && x.dims[3] == out.dims[3], EDGEC_E_OP_SHAPE,
                "batch or channels of input and output differ");
  const Plan plan = {ReadAxis(node, check, 1, 1),
                     ReadAxis(node, check, 3, 2),
                     x.dims[1],
                     x.dims[2],
                     out.dims[1],
                     out.dims[2],
                     out.dims[3]};
  if (!check.ok()) return check.status();

  const auto& kernel = kernels.Best(context.isa);
  context.kernel = kernel.name;
  const T* from = x.as<T>();
  T* to = out.out<T>();
  *op = MakeLoop(uint64_t{out.dims[0]} * out.dims[1],
                 GrainOf(uint64_t{out.dims[2]} * out.dims[3], 4 * sizeof(T)),
                 [=, run = kernel.run](size_t begin, size_t end, uint32_t) {
                   for (size_t i = begin; i < end; ++i) ResizeRow(plan, i, from, to, run);
                 });
  return EDGEC_OK;
}

}  // namespace

edgec_status PrepareResizeBilinearS8(const Node& node, PrepareContext& context,
                                     std::unique_ptr<Op>* op) {
  return Prepare<int8_t>(node, context, EDGEC_S8, ResizeBilinearS8Kernels(), op);
}

edgec_status PrepareResizeBilinearF32(const Node& node, PrepareContext& context,
                                      std::unique_ptr<Op>* op) {
  return Prepare<float>(node, context, EDGEC_F32, ResizeBilinearF32Kernels(), op);
}

}  // namespace edgec
