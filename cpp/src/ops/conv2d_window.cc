#include "ops/conv2d_window.h"

#include "ops/node_check.h"

namespace edgec {
namespace {

// Generous for any network; with 31-bit sizes, positions then stay far below 2^63.
constexpr int32_t kMostParam = 32767;

}  // namespace

edgec_status ReadConv2dWindow(const Node& node, PrepareContext& context, Conv2dWindow* window) {
  const Tensor& x = *node.inputs[0];
  const Tensor& y = *node.outputs[0];
  if (x.rank != 4 || y.rank != 4 || x.dims[0] != y.dims[0]) {
    return Refuse(context, EDGEC_E_OP_SHAPE, "x and y must be [n,h,w,c] with the same n");
  }
  if (!ParamsWithin(node, 0, 5, 1, kMostParam)) {
    return Refuse(context, EDGEC_E_OP_PARAM, "kernel, stride and dilation must lie in 1..32767");
  }
  if (!ParamsWithin(node, 6, 7, 0, kMostParam)) {
    return Refuse(context, EDGEC_E_OP_PARAM, "pads must lie in 0..32767");
  }
  window->batch = x.dims[0];
  window->in_h = x.dims[1];
  window->in_w = x.dims[2];
  window->in_c = x.dims[3];
  window->out_h = y.dims[1];
  window->out_w = y.dims[2];
  window->kernel_h = node.params[0];
  window->kernel_w = node.params[1];
  window->stride_h = node.params[2];
  window->stride_w = node.params[3];
  window->dilation_h = node.params[4];
  window->dilation_w = node.params[5];
  window->pad_top = node.params[6];
  window->pad_left = node.params[7];
  return EDGEC_OK;
}

}  // namespace edgec
