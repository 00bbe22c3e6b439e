// The loops of layer_norm.h over the lanes of simd/.
#ifndef EDGEC_KERNELS_LAYER_NORM_LANES_H_
#define EDGEC_KERNELS_LAYER_NORM_LANES_H_

#include "kernels/layer_norm/layer_norm.h"

namespace edgec {
namespace {

// out[i] = f(x[i], gamma[i], beta[i])
template <class T, class F>
inline void MapAffine(size_t n, const T* x, const float* gamma, const float* beta, T* out, F f) {
  size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    Store(out + i, f(Load(x + i), Load(gamma + i), Load(beta + i)));
  }
  const size_t left = n - i;
  if (left == 0) return;
  const auto last = f(LoadPart(x + i, left), LoadPart(gamma + i, left), LoadPart(beta + i, left));
  StorePart(out + i, last, left);
}

inline void SumAndSquares(size_t n, const int8_t* x, int64_t* s1, int64_t* s2) {
  constexpr size_t kRun = 1 << 16;  // what Moments hold
  *s1 = *s2 = 0;
  for (size_t begin = 0; begin < n; begin += kRun) {
    const size_t end = begin + kRun < n ? begin + kRun : n;
    Moments moments = NoMoments();
    size_t i = begin;
    for (; i + kLanes <= end; i += kLanes) Add(&moments, LoadS8(x + i));
    if (i < end) {
      int8_t last[kLanes] = {};
      std::memcpy(last, x + i, end - i);
      Add(&moments, LoadS8(last));
    }
    *s1 += SumLanes(SumOf(moments));
    *s2 += SumLanes(SquaresOf(moments));
  }
}

inline void LayerNormS8Lanes(size_t n, const int8_t* x, const LayerNormS8Params& params,
                             int8_t* out) {
  int64_t s1, s2;
  SumAndSquares(n, x, &s1, &s2);
  const F32 r = Fill(InverseDeviation(n, s1, s2, params.eps_q));
  const RangeLanes range = Fill(params.range);
  const auto map = [&](auto centred) {
    MapAffine(n, x, params.gamma, params.beta, out, [=](S32 q, F32 gamma, F32 beta) {
      return RoundToRange((centred(q) * r) * gamma + beta, range);
    });
  };
  if (n <= 1 << 16) {  // n q − s1 is below 2^24: float32 has it exactly, and multiplies faster
    const F32 count = Fill(static_cast<float>(n)), sum = Fill(static_cast<float>(s1));
    return map([=](S32 q) { return ToF32(q) * count - sum; });
  }
  const S32 count = Fill(static_cast<int32_t>(n)), sum = Fill(static_cast<int32_t>(s1));
  map([=](S32 q) { return ToF32(q * count - sum); });
}

inline void LayerNormF32Lanes(size_t n, const float* x, const LayerNormF32Params& params,
                              float* out) {
  const float count = static_cast<float>(n);
  const F32 mean = Fill(SumRow(n, x) / count);
  const float squares = SumRow(n, x, [=](F32 v) { return (v - mean) * (v - mean); });
  const F32 r = Fill(1.0f / __builtin_sqrtf(squares / count + params.eps));
  MapAffine(n, x, params.gamma, params.beta, out,
            [=](F32 v, F32 gamma, F32 beta) { return ((v - mean) * r) * gamma + beta; });
}

}  // namespace
}  // namespace edgec
#endif  // EDGEC_KERNELS_LAYER_NORM_LANES_H_
