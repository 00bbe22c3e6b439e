#include "ops/pool2d_window.h"

#include <algorithm>

namespace edgec {
namespace {

constexpr int32_t kMostSide = 1 << 16;
constexpr int64_t kMostTaps = 1 << 22;  // int8 sums fit int32

}  // namespace

Pool2dWindow::Pool2dWindow(const Node& node, NodeInspector& check) {
  const Tensor &x = *node.inputs[0], &out = *node.outputs[0];
  check.Require(x.rank == 4 && out.rank == 4, EDGEC_E_OP_SHAPE, "input and output must be images");
  if (!check.ok()) return;
  check.Require(x.dims[0] == out.dims[0] && x.dims[3] == out.dims[3], EDGEC_E_OP_SHAPE,
                "batch or channels of input and output differ");
  batch_ = x.dims[0], in_h_ = x.dims[1], in_w_ = x.dims[2], channels_ = x.dims[3];
  out_h_ = out.dims[1], out_w_ = out.dims[2];
  kernel_h_ = check.Int(0, 1, kMostSide, "kernel sides must lie in 1 .. 2^16");
  kernel_w_ = check.Int(1, 1, kMostSide, "kernel sides must lie in 1 .. 2^16");
  check.Require(taps() <= kMostTaps, EDGEC_E_OP_PARAM, "the kernel has more than 2^22 taps");
  stride_h_ = check.Int(2, 1, kMostSide, "strides must lie in 1 .. 2^16");
  stride_w_ = check.Int(3, 1, kMostSide, "strides must lie in 1 .. 2^16");
  const char* pad_rule = "padding must lie in 0 .. kernel side - 1";
  pad_top_ = check.Int(4, 0, static_cast<int32_t>(kernel_h_) - 1, pad_rule);
  pad_left_ = check.Int(5, 0, static_cast<int32_t>(kernel_w_) - 1, pad_rule);
  check.Require(
      (out_h_ - 1) * stride_h_ - pad_top_ < in_h_ && (out_w_ - 1) * stride_w_ - pad_left_ < in_w_,
      EDGEC_E_OP_SHAPE, "the last windows lie outside of the image");
}

PoolWindow Pool2dWindow::Line(int64_t row, size_t* first) const {
  const int64_t image = row / out_h_;
  const int64_t y = row % out_h_ * stride_h_ - pad_top_;
  const int64_t top = std::max<int64_t>(y, 0), bottom = std::min(y + kernel_h_, in_h_);
  *first = static_cast<size_t>((image * in_h_ + top) * in_w_) * channels_;
  return {static_cast<size_t>(bottom - top), 0, static_cast<size_t>(in_w_) * channels_, channels_};
}

}  // namespace edgec
