// One output pixel of a bilinear resize: n channels between the four pixels around it.
//
//     p00 ── wx ── p01      t = p00 + (p01 − p00) · wx
//      │            │       b = p10 + (p11 − p10) · wx
//     wy    out     wy      out = t + (b − t) · wy, for int8 rounded half to even and clamped to
//     int8
//      │            │
//     p10 ── wx ── p11      every operation rounded to float32 by itself
//
// The caller's duties: wx and wy lie in [0, 1]; out does not overlap the pixels, which may be the
// same.
#ifndef EDGEC_KERNELS_RESIZE_RESIZE_H_
#define EDGEC_KERNELS_RESIZE_RESIZE_H_

#include <cstddef>
#include <cstdint>

namespace edgec {

struct ResizeWeights {
  float x, y;
};

template <class T>
struct ResizeTaps {
  const T *p00, *p01, *p10, *p11;
};

using ResizeBilinearS8Kernel = void(size_t n, const ResizeTaps<int8_t>& taps, ResizeWeights w,
                                    int8_t* out);
using ResizeBilinearF32Kernel = void(size_t n, const ResizeTaps<float>& taps, ResizeWeights w,
                                     float* out);

}  // namespace edgec
#endif  // EDGEC_KERNELS_RESIZE_RESIZE_H_
