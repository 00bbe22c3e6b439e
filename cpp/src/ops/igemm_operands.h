// Checks and binds what follows x in conv2d and fully_connected: packed weights and their
// companions, clamp and zero points. The sizes come from the caller, the data from the file.
#ifndef EDGEC_OPS_IGEMM_OPERANDS_H_
#define EDGEC_OPS_IGEMM_OPERANDS_H_

#include "ops/conv2d_igemm.h"

namespace edgec {

// int8: x, w, bias, wsum, mult and `params` params; or a residual and the params of add_s8 more.
edgec_status CheckIgemmCounts(const Node& node, PrepareContext& context, uint32_t params);

// The same with sparse weights: x, blocks, counts, deltas, bias, wsum, mult.
edgec_status CheckSparseCounts(const Node& node, PrepareContext& context, uint32_t params);

// int8: inputs w, bias, wsum, mult after x; params zp_in, zp_out, qmin, qmax from `first_param`;
// the residual and the params of its sum behind them, where the node has them.
// Fills w, y, padding, kernel, params, bias and residual of the task; groups, depth, columns and
// window are given.
edgec_status BindIgemmOperands(const Node& node, PrepareContext& context, uint32_t first_param,
                               Conv2dTask<int8_t>* task);

// Sparse int8: inputs blocks, counts, deltas, bias, wsum, mult after x; params the same.
edgec_status BindIgemmOperands(const Node& node, PrepareContext& context, uint32_t first_param,
                               Conv2dTask<SparseS8>* task);

// float32: inputs w, bias after x; params min, max from `first_param`.
edgec_status BindIgemmOperands(const Node& node, PrepareContext& context, uint32_t first_param,
                               Conv2dTask<float>* task);

// bias, wsum, mult behind the weights of an int8 op, each s32 or f32 [groups, ⌈columns/16⌉·16], and
// params zp_in, zp_out, qmin, qmax; then the residual. Fills x, y, padding, params, bias and
// residual for the task's kernel.
template <class T>
edgec_status BindCompanionsS8(const Node& node, PrepareContext& context, uint32_t first_param,
                              Conv2dTask<T>* task);

// Params zp_out, qmin, qmax from `first_param`, and `count` multipliers, which must be finite.
edgec_status ReadRequant(const Node& node, PrepareContext& context, uint32_t first_param,
                         const float* mult, uint64_t count, RequantS8* requant);

// Params min, max of a float32 op, from `first_param`.
edgec_status ReadClamp(const Node& node, PrepareContext& context, uint32_t first_param, float* min,
                       float* max);

}  // namespace edgec
#endif  // EDGEC_OPS_IGEMM_OPERANDS_H_
