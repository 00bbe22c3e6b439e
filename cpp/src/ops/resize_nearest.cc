#include <cstring>

#include "ops/loop_op.h"
#include "ops/node_inspector.h"

namespace edgec {
namespace {

const int32_t* ReadAxis(const Node& node, NodeInspector& check, uint32_t input, uint32_t dim) {
  const uint64_t out = node.outputs[0]->dims[dim], in = node.inputs[0]->dims[dim];
  check.Require(node.inputs[input]->dtype == EDGEC_S32, EDGEC_E_OP_TYPE, "a table must be s32");
  check.Constant(input, out, "a table must have one tap for each output row or column");
  if (!check.ok()) return nullptr;
  const int32_t* taps = node.inputs[input]->as<int32_t>();
  bool inside = true;
  for (uint64_t i = 0; i < out; ++i) {
    inside &= taps[i] >= 0 && static_cast<uint64_t>(taps[i]) < in;
  }
  check.Require(inside, EDGEC_E_OP_PARAM, "a tap of a table lies outside of the image");
  return taps;
}

}  // namespace

edgec_status PrepareResizeNearest(const Node& node, PrepareContext& context,
                                  std::unique_ptr<Op>* op) {
  NodeInspector check(node, context);
  if (!check.Counts(3, 0)) return check.status();
  const Tensor &x = *node.inputs[0], &out = *node.outputs[0];
  check.Require(x.dtype == out.dtype, EDGEC_E_OP_TYPE, "input and output differ in type");
  check.Require(x.rank == 4 && out.rank == 4, EDGEC_E_OP_SHAPE, "input and output must be images");
  if (!check.ok()) return check.status();
  check.Require(x.dims[0] == out.dims[0] && x.dims[3] == out.dims[3], EDGEC_E_OP_SHAPE,
                "batch or channels of input and output differ");
  const int32_t* iy = ReadAxis(node, check, 1, 1);
  const int32_t* ix = ReadAxis(node, check, 2, 2);
  if (!check.ok()) return check.status();

  const size_t in_h = x.dims[1], in_w = x.dims[2], out_h = out.dims[1], out_w = out.dims[2];
  const size_t pixel = x.dims[3] * ElementBytes(x);
  const uint8_t* from = x.as<uint8_t>();
  uint8_t* to = out.out<uint8_t>();
  *op =
      MakeLoop(uint64_t{out.dims[0]} * out_h, GrainOf(out_w, pixel),
               [=](size_t begin, size_t end, uint32_t) {
                 for (size_t i = begin; i < end; ++i) {
                   const size_t y = i / out_h * in_h + static_cast<size_t>(iy[i % out_h]);
                   const uint8_t* line = from + y * in_w * pixel;
                   uint8_t* row = to + i * out_w * pixel;
                   for (size_t j = 0; j < out_w; ++j) {
                     std::memcpy(row + j * pixel, line + static_cast<size_t>(ix[j]) * pixel, pixel);
                   }
                 }
               });
  return EDGEC_OK;
}

}  // namespace edgec
