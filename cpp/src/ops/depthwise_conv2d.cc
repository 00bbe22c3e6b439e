// depthwise_conv2d_s8 and depthwise_conv2d_f32: input rows packed as the kernel likes them, then
// line after line of output.
#include <algorithm>

#include "kernels/dwconv_f32/dwconv_f32_table.h"
#include "kernels/dwconv_s8/dwconv_s8_table.h"
#include "ops/depthwise_3x3.h"
#include "ops/depthwise_rows.h"
#include "ops/depthwise_weights.h"
#include "ops/igemm_operands.h"
#include "ops/scratch.h"
#include "ops/split.h"
#include "ops/sum_bounds.h"

namespace edgec {
namespace {

constexpr double kPartBytes = 192 * 1024.0;  // of input: stays in L2 while ranges of channels pass
constexpr size_t kMacCost = 2;               // times that of a matrix product

template <class T, class Kernel, class Params>
struct DepthwiseTask {
  Conv2dWindow window;
  const T* x;
  const T* w;
  T* y;
  T padding;
  UnitForm<T> form;
  Kernel* kernel;
  Params params;
  std::unique_ptr<DepthwiseWeights> weights;  // int8: what w and bias point into
};
using DepthwiseS8 = DepthwiseTask<int8_t, DwconvS8Kernel, DwconvS8Params>;
using DepthwiseF32 = DepthwiseTask<float, DwconvF32Kernel, DwconvF32Params>;

DwconvS8Params ParamsAt(DwconvS8Params params, size_t channel) {
  params.bias += channel;
  params.requant.mult += channel;
  return params;
}

DwconvF32Params ParamsAt(DwconvF32Params params, size_t channel) {
  params.bias += channel;
  return params;
}

// An item is a range of channels and some lines of an image.
template <class T, class Kernel, class Params>
class DepthwiseConv2d final : public Op {
 public:
  DepthwiseConv2d(DepthwiseTask<T, Kernel, Params> task, uint32_t threads)
      : task_(std::move(task)), rows_(task_.window, task_.form, task_.padding) {
    const size_t images = static_cast<size_t>(task_.window.batch);
    const size_t lines = static_cast<size_t>(task_.window.out_h);
    const size_t parts = std::min(lines, std::max(PartsForCache(), PartsForThreads(threads)));
    part_lines_ = (lines - 1) / parts + 1;
    parts_ = (lines - 1) / part_lines_ + 1;
    items_ = images * rows_.ranges() * parts_;
  }

  edgec_status PlanScratch(PrepareContext& context) {
    ScratchPlan plan;
    plan.Add<const T*>(taps());  // at 0
    columns_at_ = plan.Add<const T*>(rows_.layout().columns());
    ring_at_ = plan.Add<T>(rows_.ring_elements());
    return plan.Request(context);
  }

  edgec_status Run(const RunContext& context) override {
    auto body = [this, &context](size_t begin, size_t end, uint32_t thread) {
      for (size_t item = begin; item < end; ++item) RunItem(item, context.scratch_of(thread));
    };
    const size_t line_macs =
        task_.window.taps() * rows_.channels(0) * static_cast<size_t>(task_.window.out_w);
    context.pool.For(items_, GrainOfMacs(kMacCost * part_lines_ * line_macs), body);
    return EDGEC_OK;
  }

 private:
  size_t taps() const { return static_cast<size_t>(task_.window.kernel_h) * rows_.layout().groups; }
  size_t block_weights() const { return taps() * rows_.layout().sharing * task_.form.size; }

  // With one range every row is read once, whatever its size.
  size_t PartsForCache() const {
    const Conv2dWindow& w = task_.window;
    if (rows_.ranges() == 1) return 1;
    const double bytes = static_cast<double>(w.in_w * w.in_c) * static_cast<double>(w.in_h);
    return 1 + static_cast<size_t>(bytes * double{sizeof(T)} / kPartBytes);
  }

  size_t PartsForThreads(uint32_t threads) const {
    if (threads == 1) return 1;
    const size_t items = static_cast<size_t>(task_.window.batch) * rows_.ranges();
    return (kItemsPerThread * threads - 1) / items + 1;
  }

  void RunItem(size_t item, uint8_t* scratch) const {
    const size_t range = item % rows_.ranges(), part = item / rows_.ranges() % parts_;
    const size_t image = item / rows_.ranges() / parts_;
    const T** taps = reinterpret_cast<const T**>(scratch);
    auto ring =
        rows_.Begin(task_.x, image, range, reinterpret_cast<const T**>(scratch + columns_at_),
                    reinterpret_cast<T*>(scratch + ring_at_));
    const auto params = ParamsAt(task_.params, range * rows_.blocks() * 16);
    const size_t lines = static_cast<size_t>(task_.window.out_h);
    const size_t end = std::min(lines, (part + 1) * part_lines_);
    DwconvLine<T> line = LineOf(range, taps);
    T* y = line.y + image * lines * line_elements();
    for (size_t at = part * part_lines_; at < end; ++at) {
      rows_.Advance(&ring, static_cast<int64_t>(at), taps);
      line.y = y + at * line_elements();
      task_.kernel(line, params);
    }
  }

  size_t line_elements() const {
    return static_cast<size_t>(task_.window.out_w * task_.window.in_c);
  }

  DwconvLine<T> LineOf(size_t range, const T* const* taps_of_line) const {
    DwconvLine<T> line;
    line.pixels = static_cast<size_t>(task_.window.out_w);
    line.channels = rows_.channels(range);
    line.taps = taps();
    line.sharing = rows_.layout().sharing;
    line.x = taps_of_line;
    line.x_step = rows_.x_step();
    line.x_block = rows_.x_block();
    line.w = task_.w + range * rows_.blocks() * block_weights();
    line.y = task_.y + range * rows_.blocks() * 16;
    line.y_stride = static_cast<size_t>(task_.window.in_c);
    return line;
  }

  const DepthwiseTask<T, Kernel, Params> task_;
  const DepthwiseRows<T> rows_;
  size_t part_lines_, parts_, items_, columns_at_ = 0, ring_at_ = 0;
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
edgec_status Make(DepthwiseTask<T, Kernel, Params> task, PrepareContext& context,
                  std::unique_ptr<Op>* op) {
  const uint64_t macs =
      uint64_t{task.window.rows()} * task.window.taps() * static_cast<uint64_t>(task.window.in_c);
  const uint32_t threads = ThreadsWorth(kMacCost * macs, context.threads);
  auto made = std::make_unique<DepthwiseConv2d<T, Kernel, Params>>(std::move(task), threads);
  if (const edgec_status status = made->PlanScratch(context)) return status;
  *op = std::move(made);
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
  const int32_t* bias = node.inputs[2]->as<int32_t>();
  task.params.requant.fits_int16 = DepthwiseSumsFitInt16(
      task.w, mult.elements() / 16, task.window.taps(), bias, mult.as<float>());
  task.padding = static_cast<int8_t>(node.params[zp_in]);
  const KernelEntry<DwconvS8Kernel>& kernel = DwconvS8Kernels().Best(context.isa);
  if (TakesDepthwise3x3(task.window, kernel.isa, context.isa)) {
    return MakeDepthwise3x3(
        {task.window, task.x, task.w, task.y, task.padding, {bias, task.params.requant}}, context,
        op);
  }
  context.kernel = kernel.name;
  task.kernel = kernel.run;
  task.form = {kernel.interleave, kernel.unit, kernel.pack};
  task.weights = std::make_unique<DepthwiseWeights>();
  const DepthwiseRows<int8_t> rows(task.window, task.form, task.padding);
  if (!task.weights->Make(task.window, kernel, rows, task.w, bias)) {
    return Refuse(context, EDGEC_E_MEMORY,
                  "not enough memory for the kernel's form of the weights");
  }
  task.w = task.weights->w();
  task.params.bias = task.weights->bias();
  return Make(std::move(task), context, op);
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
  task.form = {1, 16, nullptr};
  task.params.bias = node.inputs[2]->as<float>();
  return Make(std::move(task), context, op);
}

}  // namespace edgec
