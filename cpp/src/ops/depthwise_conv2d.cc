// depthwise_conv2d_s8 and depthwise_conv2d_f32: pointers to the taps of a few pixels, then the
// kernel.
#include <algorithm>
#include <vector>

#include "kernels/dwconv_f32/dwconv_f32_table.h"
#include "kernels/dwconv_s8/dwconv_s8_table.h"
#include "ops/igemm_operands.h"
#include "ops/scratch.h"
#include "ops/split.h"

namespace edgec {
namespace {

constexpr size_t kPixels = 8;  // of one kernel call: enough to hide the call, few pointers

template <class T, class Kernel, class Params>
struct DepthwiseTask {
  Conv2dWindow window;
  const T* x;
  const T* w;
  T* y;
  T padding;
  Kernel* kernel;
  Params params;
};
using DepthwiseS8 = DepthwiseTask<int8_t, DwconvS8Kernel, DwconvS8Params>;
using DepthwiseF32 = DepthwiseTask<float, DwconvF32Kernel, DwconvF32Params>;

template <class T, class Kernel, class Params>
class DepthwiseConv2d final : public Op {
 public:
  explicit DepthwiseConv2d(const DepthwiseTask<T, Kernel, Params>& task)
      : task_(task), padding_(static_cast<size_t>(task.window.in_c), task.padding) {}

  edgec_status Run(const RunContext& context) override {
    auto body = [this, &context](size_t begin, size_t end, uint32_t thread) {
      const T** taps = reinterpret_cast<const T**>(context.scratch_of(thread));
      for (size_t row = begin; row < end; row += kPixels) {
        RunPixels(row, std::min(kPixels, end - row), taps);
      }
    };
    const size_t pixel_macs = task_.window.taps() * padding_.size();
    context.pool.For(task_.window.rows(), GrainOfMacs(pixel_macs), body);
    return EDGEC_OK;
  }

 private:
  void RunPixels(size_t row, size_t m, const T** taps) const {
    const size_t channels = padding_.size(), step = task_.window.taps();
    Conv2dPosition at(task_.window, row);
    for (size_t i = 0; i < m; ++i, at.Next(task_.window)) {
      PointTaps(task_.window, task_.x, padding_.data(), at, 1, taps + i * step);
    }
    task_.kernel(m, channels, step, taps, task_.w, task_.y + row * channels, channels,
                 &task_.params);
  }

  const DepthwiseTask<T, Kernel, Params> task_;
  const std::vector<T> padding_;
};

// x, w, bias and y; the rest differs between int8 and float32.
template <class T, class Kernel, class Params>
edgec_status BindOperands(const Node& node, PrepareContext& context, edgec_dtype dtype,
                          DepthwiseTask<T, Kernel, Params>* task) {
  const Tensor &x = *node.inputs[0], &w = *node.inputs[1], &bias = *node.inputs[2],
               &y = *node.outputs[0];
  const edgec_dtype bias_dtype = dtype == EDGEC_S8 ? EDGEC_S32 : EDGEC_F32;
  if (!IsPlain(x, dtype, 4) || !IsPlain(y, dtype, 4)) {
    return Refuse(context, EDGEC_E_OP_TYPE, "x and y must be [n,h,w,c] of the op's type");
  }
  if (!IsConstant(w, dtype, Layout::kDw16, 3) || !IsConstant(bias, bias_dtype, Layout::kPlain, 1)) {
    return Refuse(context, EDGEC_E_OP_TYPE, "constants needed: w dw16, bias [c] of the sums' type");
  }
  if (const edgec_status status = ReadConv2dWindow(node, context, &task->window)) return status;
  const uint64_t padded = RoundUp(x.dims[3], 16);
  if (y.dims[3] != x.dims[3] || !HasDims(w, {padded / 16, task->window.taps(), 16}) ||
      !HasDims(bias, {padded})) {
    return Refuse(context, EDGEC_E_OP_SHAPE,
                  "y, weights and bias must fit the channels and the kernel, padded to 16");
  }
  task->x = x.as<T>();
  task->w = w.as<T>();
  task->y = y.out<T>();
  return EDGEC_OK;
}

template <class T, class Kernel, class Params>
edgec_status Make(const DepthwiseTask<T, Kernel, Params>& task, PrepareContext& context,
                  std::unique_ptr<Op>* op) {
  ScratchPlan plan;
  plan.Add<const T*>(uint64_t{task.window.taps()} * kPixels);
  if (const edgec_status status = plan.Request(context)) return status;
  *op = std::make_unique<DepthwiseConv2d<T, Kernel, Params>>(task);
  return EDGEC_OK;
}

}  // namespace

edgec_status PrepareDepthwiseConv2dS8(const Node& node, PrepareContext& context,
                                      std::unique_ptr<Op>* op) {
  if (const edgec_status status = CheckCounts(node, context, 4, 1, 12)) return status;
  DepthwiseS8 task{};
  if (const edgec_status status = BindOperands(node, context, EDGEC_S8, &task)) return status;
  const Tensor& mult = *node.inputs[3];
  if (!IsConstant(mult, EDGEC_F32, Layout::kPlain, 1)) {
    return Refuse(context, EDGEC_E_OP_TYPE, "constant needed: mult f32[c]");
  }
  if (!HasDims(mult, {node.inputs[2]->dims[0]})) {
    return Refuse(context, EDGEC_E_OP_SHAPE, "mult must be as long as bias");
  }
  const uint32_t zp_in = kConv2dWindowParams;
  if (!ParamsWithin(node, zp_in, zp_in, -128, 127)) {
    return Refuse(context, EDGEC_E_OP_PARAM, "zp_in must lie in -128..127");
  }
  if (const edgec_status status = ReadRequant(node, context, zp_in + 1, mult.as<float>(),
                                              mult.elements(), &task.params.requant)) {
    return status;
  }
  const KernelEntry<DwconvS8Kernel>& kernel = DwconvS8Kernels().Best(context.isa);
  context.kernel = kernel.name;
  task.kernel = kernel.run;
  task.padding = static_cast<int8_t>(node.params[zp_in]);
  task.params.bias = node.inputs[2]->as<int32_t>();
  return Make(task, context, op);
}

edgec_status PrepareDepthwiseConv2dF32(const Node& node, PrepareContext& context,
                                       std::unique_ptr<Op>* op) {
  if (const edgec_status status = CheckCounts(node, context, 3, 1, 10)) return status;
  DepthwiseF32 task{};
  if (const edgec_status status = BindOperands(node, context, EDGEC_F32, &task)) return status;
  if (const edgec_status status =
          ReadClamp(node, context, kConv2dWindowParams, &task.params.min, &task.params.max)) {
    return status;
  }
  const KernelEntry<DwconvF32Kernel>& kernel = DwconvF32Kernels().Best(context.isa);
  context.kernel = kernel.name;
  task.kernel = kernel.run;
  task.params.bias = node.inputs[2]->as<float>();
  return Make(task, context, op);
}

}  // namespace edgec
