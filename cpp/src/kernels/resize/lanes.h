// The loops of resize.h over the lanes of simd/.
#ifndef EDGEC_KERNELS_RESIZE_LANES_H_
#define EDGEC_KERNELS_RESIZE_LANES_H_

#include "kernels/resize/resize.h"

namespace edgec {
namespace {

inline F32 ToLanes(F32 a) { return a; }
inline F32 ToLanes(S32 a) { return ToF32(a); }

template <class T, class F>
inline void Blend(size_t n, const ResizeTaps<T>& taps, ResizeWeights w, T* out, F round) {
  const F32 wx = Fill(w.x), wy = Fill(w.y);
  const auto blend = [=](auto q00, auto q01, auto q10, auto q11) {
    const F32 p00 = ToLanes(q00), p10 = ToLanes(q10);
    const F32 top = p00 + (ToLanes(q01) - p00) * wx;
    const F32 bottom = p10 + (ToLanes(q11) - p10) * wx;
    return round(top + (bottom - top) * wy);
  };
  size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    Store(out + i,
          blend(Load(taps.p00 + i), Load(taps.p01 + i), Load(taps.p10 + i), Load(taps.p11 + i)));
  }
  const size_t left = n - i;
  if (left == 0) return;
  StorePart(out + i,
            blend(LoadPart(taps.p00 + i, left), LoadPart(taps.p01 + i, left),
                  LoadPart(taps.p10 + i, left), LoadPart(taps.p11 + i, left)),
            left);
}

inline void ResizeBilinearS8Lanes(size_t n, const ResizeTaps<int8_t>& taps, ResizeWeights w,
                                  int8_t* out) {
  const RangeLanes range = Fill(MakeS8Range(0, -128, 127));
  Blend(n, taps, w, out, [=](F32 real) { return RoundToRange(real, range); });
}

inline void ResizeBilinearF32Lanes(size_t n, const ResizeTaps<float>& taps, ResizeWeights w,
                                   float* out) {
  Blend(n, taps, w, out, [](F32 real) { return real; });
}

}  // namespace
}  // namespace edgec
#endif  // EDGEC_KERNELS_RESIZE_LANES_H_
