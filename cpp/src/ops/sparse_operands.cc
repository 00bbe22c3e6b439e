// The block-sparse weights of a node: every count and delta is walked once at load, so that no
// kernel leaves a row, whatever the file says.
#include <cstring>

#include "ops/igemm_operands.h"
#include "ops/node_check.h"

namespace edgec {
namespace {

bool HasTypes(const Tensor& blocks, const Tensor& counts, const Tensor& deltas) {
  return IsConstant(blocks, EDGEC_S8, Layout::kS8Block, 3) &&
         IsConstant(counts, EDGEC_U32, Layout::kPlain, 2) &&
         IsConstant(deltas, EDGEC_U8, Layout::kPlain, 1);
}

// Whether the blocks of one column group and tap climb and stay inside; `steps`: blocks of depth.
bool StaysInside(const uint8_t* delta, uint32_t count, uint64_t steps) {
  uint64_t at = 0;
  for (uint32_t i = 0; i < count; ++i) {
    if (i > 0 && delta[i] == 0) return false;
    at += delta[i];
    if (at >= steps) return false;
  }
  return true;
}

// Walks all blocks. Fills first_block, whose last value is the number of blocks.
edgec_status WalkBlocks(PrepareContext& context, uint64_t groups, uint64_t steps, uint64_t blocks,
                        SparseColumns* w) {
  uint64_t at = 0;
  for (uint64_t group = 0; group < groups; ++group) {
    if (group * w->all.columns % 16 == 0) w->first_block.push_back(static_cast<size_t>(at));
    for (size_t t = 0; t < w->taps; ++t) {
      const uint32_t count = w->all.counts[group * w->taps + t];
      if (count > blocks - at) {
        return Refuse(context, EDGEC_E_OP_SHAPE, "counts name more blocks than there are");
      }
      if (!StaysInside(w->all.deltas + at, count, steps)) {
        return Refuse(context, EDGEC_E_OP_PARAM,
                      "deltas must climb, and stay inside the depth of a tap");
      }
      at += count;
    }
  }
  w->first_block.push_back(static_cast<size_t>(at));
  if (at == blocks) return EDGEC_OK;
  return Refuse(context, EDGEC_E_OP_SHAPE, "there are more blocks than counts name");
}

}  // namespace

edgec_status BindIgemmOperands(const Node& node, PrepareContext& context, uint32_t first_param,
                               Conv2dTask<SparseS8>* task) {
  const Tensor &blocks = *node.inputs[1], &counts = *node.inputs[2], &deltas = *node.inputs[3];
  if (!HasTypes(blocks, counts, deltas)) {
    return Refuse(context, EDGEC_E_OP_TYPE,
                  "constants needed: blocks s8_block, counts u32[g,t], deltas u8[b]");
  }
  if (task->groups != 1) {
    return Refuse(context, EDGEC_E_OP_PARAM, "sparse weights have one group");
  }
  const uint64_t width = blocks.dims[1], count = blocks.dims[0];
  const TapShape taps = TapsOf(task->window, 1);
  const uint64_t groups = RoundUp(task->columns, width) / width;
  if (!HasDims(counts, {groups, taps.count}) || !HasDims(deltas, {count})) {
    return Refuse(context, EDGEC_E_OP_SHAPE, "counts and deltas must fit blocks and kernel");
  }
  task->w.all = {static_cast<size_t>(width), blocks.as<int8_t>(), counts.as<uint32_t>(),
                 deltas.as<uint8_t>()};
  task->w.taps = taps.count;
  if (const edgec_status status =
          WalkBlocks(context, groups, RoundUp(taps.depth, 4) / 4, count, &task->w)) {
    return status;
  }
  if (std::memchr(task->w.all.blocks, 0x80, static_cast<size_t>(blocks.bytes)) != nullptr) {
    return Refuse(context, EDGEC_E_OP_PARAM, "a sparse weight is -128");
  }
  task->kernel = &BestSparseIgemmS8(context.isa, task->w.all.columns);
  return BindCompanionsS8(node, context, first_param, task);
}

}  // namespace edgec
