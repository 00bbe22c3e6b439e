#include "ops/igemm_operands.h"

#include <algorithm>
#include <cmath>

#include "ops/node_check.h"
#include "ops/sum_bounds.h"

namespace edgec {
namespace {

constexpr uint32_t kDenseInputs = 5, kSparseInputs = 7;  // without a residual

uint32_t InputsOf(const Conv2dTask<int8_t>&) { return kDenseInputs; }
uint32_t InputsOf(const Conv2dTask<SparseS8>&) { return kSparseInputs; }

edgec_status CheckWithResidual(const Node& node, PrepareContext& context, uint32_t inputs,
                               uint32_t params) {
  if (node.input_count != inputs + 1) return CheckCounts(node, context, inputs, 1, params);
  return CheckCounts(node, context, inputs + 1, 1, params + kAddS8Params);
}

// The kernel gets a + a_offset: bias[j] − a_offset · Σ w[j] takes that back, modulo 2^32.
std::vector<int32_t> ShiftedBias(const Tensor& bias, const Tensor& wsum, int32_t a_offset) {
  std::vector<int32_t> shifted(bias.elements());
  for (size_t j = 0; j < shifted.size(); ++j) {
    const uint32_t shift = static_cast<uint32_t>(a_offset) * wsum.as<uint32_t>()[j];
    shifted[j] = static_cast<int32_t>(bias.as<uint32_t>()[j] - shift);
  }
  return shifted;
}

}  // namespace

edgec_status CheckIgemmCounts(const Node& node, PrepareContext& context, uint32_t params) {
  return CheckWithResidual(node, context, kDenseInputs, params);
}

edgec_status CheckSparseCounts(const Node& node, PrepareContext& context, uint32_t params) {
  return CheckWithResidual(node, context, kSparseInputs, params);
}

edgec_status ReadRequant(const Node& node, PrepareContext& context, uint32_t first_param,
                         const float* mult, uint64_t count, RequantS8* requant) {
  const int32_t zp = node.params[first_param], qmin = node.params[first_param + 1],
                qmax = node.params[first_param + 2];
  if (!ParamsWithin(node, first_param, first_param + 2, -128, 127) || qmin > qmax) {
    return Refuse(context, EDGEC_E_OP_PARAM,
                  "zp_out, qmin and qmax must lie in -128..127, and qmin not be above qmax");
  }
  if (!std::all_of(mult, mult + count, [](float value) { return std::isfinite(value); })) {
    return Refuse(context, EDGEC_E_OP_PARAM, "a multiplier is not finite");
  }
  *requant = MakeRequantS8(mult, zp, qmin, qmax);
  requant->fits_int32 =
      std::all_of(mult, mult + count, [](float value) { return std::abs(value) < 1.0f; });
  requant->unit_mult = requant->fits_int32 &&
                       std::all_of(mult, mult + count, [](float value) { return value >= 0.0f; });
  return EDGEC_OK;
}

edgec_status ReadClamp(const Node& node, PrepareContext& context, uint32_t first_param, float* min,
                       float* max) {
  *min = node.param_f32(first_param);
  *max = node.param_f32(first_param + 1);
  if (*min <= *max) return EDGEC_OK;
  return Refuse(context, EDGEC_E_OP_PARAM, "min must not be above max, and neither a NaN");
}

template <class T>
edgec_status BindCompanionsS8(const Node& node, PrepareContext& context, uint32_t first_param,
                              Conv2dTask<T>* task) {
  const uint32_t inputs = InputsOf(*task);
  const Tensor* const* last = node.inputs + inputs - 3;
  const Tensor &bias = *last[0], &wsum = *last[1], &mult = *last[2];
  if (!IsConstant(bias, EDGEC_S32, Layout::kPlain, 2) ||
      !IsConstant(wsum, EDGEC_S32, Layout::kPlain, 2) ||
      !IsConstant(mult, EDGEC_F32, Layout::kPlain, 2)) {
    return Refuse(context, EDGEC_E_OP_TYPE,
                  "constants needed: bias and wsum s32[g,n], mult f32[g,n]");
  }
  const uint64_t padded = RoundUp(task->columns, 16);
  if (!HasDims(bias, {task->groups, padded}) || !HasDims(wsum, {task->groups, padded}) ||
      !HasDims(mult, {task->groups, padded})) {
    return Refuse(context, EDGEC_E_OP_SHAPE,
                  "bias, wsum and mult must fit groups and channels, padded to 16");
  }
  if (!ParamsWithin(node, first_param, first_param, -128, 127)) {
    return Refuse(context, EDGEC_E_OP_PARAM, "zp_in must lie in -128..127");
  }
  if (const edgec_status status = ReadRequant(node, context, first_param + 1, mult.as<float>(),
                                              mult.elements(), &task->params.requant)) {
    return status;
  }
  task->x = node.inputs[0]->as<int8_t>();
  task->y = node.outputs[0]->out<int8_t>();
  task->padding = static_cast<int8_t>(node.params[first_param]);
  if (task->kernel->a_offset != 0) task->bias = ShiftedBias(bias, wsum, task->kernel->a_offset);
  task->params.bias = task->bias.empty() ? bias.as<int32_t>() : task->bias.data();
  if (node.input_count == inputs) return EDGEC_OK;
  return task->residual.Prepare(node, context, first_param + 4);
}

template edgec_status BindCompanionsS8(const Node&, PrepareContext&, uint32_t, Conv2dTask<int8_t>*);
template edgec_status BindCompanionsS8(const Node&, PrepareContext&, uint32_t,
                                       Conv2dTask<SparseS8>*);

edgec_status BindIgemmOperands(const Node& node, PrepareContext& context, uint32_t first_param,
                               Conv2dTask<int8_t>* task) {
  const Tensor& w = *node.inputs[1];
  if (!IsConstant(w, EDGEC_S8, Layout::kS8x16c4, 5)) {
    return Refuse(context, EDGEC_E_OP_TYPE, "w must be a constant s8_16c4");
  }
  const TapShape taps = TapsOf(task->window, task->groups);
  const uint64_t depth = taps.count * RoundUp(taps.depth, 4);
  if (!HasDims(w, {task->groups, RoundUp(task->columns, 16) / 16, depth / 4, 16, 4})) {
    return Refuse(context, EDGEC_E_OP_SHAPE,
                  "weights must fit groups, channels and kernel, padded to 16");
  }
  task->w = w.as<int8_t>();
  task->kernel = &IgemmS8Kernels().Best(context.isa);
  if (const edgec_status status = BindCompanionsS8(node, context, first_param, task)) return status;
  task->params.requant.fits_int16 =
      IgemmSumsFitInt16(task->w, task->groups * RoundUp(task->columns, 16) / 16, depth,
                        node.inputs[2]->as<int32_t>(), task->params.requant.mult);
  return EDGEC_OK;
}

edgec_status BindIgemmOperands(const Node& node, PrepareContext& context, uint32_t first_param,
                               Conv2dTask<float>* task) {
  const Tensor &w = *node.inputs[1], &bias = *node.inputs[2];
  if (!IsConstant(w, EDGEC_F32, Layout::kF32x16, 4) ||
      !IsConstant(bias, EDGEC_F32, Layout::kPlain, 2)) {
    return Refuse(context, EDGEC_E_OP_TYPE, "constants needed: w f32_16, bias f32[g,n]");
  }
  const uint64_t padded = RoundUp(task->columns, 16);
  const uint64_t depth = uint64_t{task->window.taps()} * task->depth;
  if (!HasDims(w, {task->groups, padded / 16, depth, 16}) ||
      !HasDims(bias, {task->groups, padded})) {
    return Refuse(context, EDGEC_E_OP_SHAPE,
                  "weights and bias must fit groups, channels and kernel, padded to 16");
  }
  if (const edgec_status status =
          ReadClamp(node, context, first_param, &task->params.min, &task->params.max)) {
    return status;
  }
  task->w = w.as<float>();
  task->x = node.inputs[0]->as<float>();
  task->y = node.outputs[0]->out<float>();
  task->kernel = &IgemmF32Kernels().Best(context.isa);
  task->params.bias = bias.as<float>();
  return EDGEC_OK;
}

}  // namespace edgec
