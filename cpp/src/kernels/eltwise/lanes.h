// The loops of eltwise.h over the lanes of simd/.
#ifndef EDGEC_KERNELS_ELTWISE_LANES_H_
#define EDGEC_KERNELS_ELTWISE_LANES_H_

#include <cassert>

#include "kernels/eltwise/eltwise.h"

namespace edgec {
namespace {

inline F32 FillFrom(const float* p) { return Fill(*p); }
inline S32 FillFrom(const int8_t* p) { return Fill(static_cast<int32_t>(*p)); }

template <class T, class F>
inline void MapOperands(Operands operands, size_t n, const T* a, const T* b, T* out, F f) {
  if (operands == Operands::kRows) {
    Map2(n, a, b, out, f);
  } else if (operands == Operands::kScalarA) {
    const auto fixed = FillFrom(a);
    Map(n, b, out, [=](auto lanes) { return f(fixed, lanes); });
  } else {
    const auto fixed = FillFrom(b);
    Map(n, a, out, [=](auto lanes) { return f(lanes, fixed); });
  }
}

inline void AddS8Lanes(Operands operands, size_t n, const int8_t* a, const int8_t* b,
                       const AddS8Params& params, int8_t* out) {
  const S32 bias = Fill(params.bias), mult_a = Fill(params.mult_a), mult_b = Fill(params.mult_b);
  const RangeLanes range = Fill(MakeS8Range(params.zero_point, params.qmin, params.qmax));
  const int shift = params.shift;
  MapOperands(operands, n, a, b, out, [=](S32 qa, S32 qb) {
    return Narrow((bias + qa * mult_a + qb * mult_b) >> shift, range);
  });
}

inline void MulS8Lanes(Operands operands, size_t n, const int8_t* a, const int8_t* b,
                       const MulS8Params& params, int8_t* out) {
  const S32 zero_a = Fill(params.zero_a), zero_b = Fill(params.zero_b);
  const F32 mult = Fill(params.mult);
  const RangeLanes range = Fill(params.range);
  MapOperands(operands, n, a, b, out, [=](S32 qa, S32 qb) {
    return RoundToRange(ToF32((qa - zero_a) * (qb - zero_b)) * mult, range);
  });
}

template <class F>
inline void MapClamped(Operands operands, size_t n, const float* a, const float* b,
                       const BinaryF32Params& params, float* out, F f) {
  const F32 low = Fill(params.low), high = Fill(params.high);
  MapOperands(operands, n, a, b, out, [=](F32 x, F32 y) { return Clamp(f(x, y), low, high); });
}

inline void BinaryF32Lanes(Operands operands, size_t n, const float* a, const float* b,
                           const BinaryF32Params& params, float* out) {
  const auto map = [&](auto f) { MapClamped(operands, n, a, b, params, out, f); };
  switch (params.kind) {
    case BinaryKind::kAdd:
      return map([](F32 x, F32 y) { return x + y; });
    case BinaryKind::kSub:
      return map([](F32 x, F32 y) { return x - y; });
    case BinaryKind::kMul:
      return map([](F32 x, F32 y) { return x * y; });
    case BinaryKind::kDiv:
      return map([](F32 x, F32 y) { return x / y; });
    case BinaryKind::kMinimum:
      return map([](F32 x, F32 y) { return Select(IsNan(x), x, Min(x, y)); });
    case BinaryKind::kMaximum:
      return map([](F32 x, F32 y) { return Select(IsNan(x), x, Max(x, y)); });
    case BinaryKind::kPow:
    case BinaryKind::kCount:
      assert(false);  // pow has only the portable kernel
  }
}

}  // namespace
}  // namespace edgec
#endif  // EDGEC_KERNELS_ELTWISE_LANES_H_
