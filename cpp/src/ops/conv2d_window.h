// Where each output position of a 2-D convolution looks.
#ifndef EDGEC_OPS_CONV2D_WINDOW_H_
#define EDGEC_OPS_CONV2D_WINDOW_H_

#include <cstring>

#include "ops/op.h"

namespace edgec {

// Sizes in elements, rows and columns; 64 bits so that no position that a file can name overflows.
struct Conv2dWindow {
  int64_t batch = 1, in_h = 1, in_w = 1, in_c = 1;
  int64_t out_h = 1, out_w = 1;
  int64_t kernel_h = 1, kernel_w = 1;
  int64_t stride_h = 1, stride_w = 1;
  int64_t dilation_h = 1, dilation_w = 1;
  int64_t pad_top = 0, pad_left = 0;

  size_t taps() const { return static_cast<size_t>(kernel_h * kernel_w); }
  size_t rows() const { return static_cast<size_t>(batch * out_h * out_w); }
};

// How many params, from the first, describe the window.
constexpr uint32_t kConv2dWindowParams = 8;

// From x [n,h,w,c], y [n,h,w,_] and the first params of the node. Taps may lie anywhere outside the
// image: they are padding.
edgec_status ReadConv2dWindow(const Node& node, PrepareContext& context, Conv2dWindow* window);

// An output position: images, rows and columns in reading order.
struct Conv2dPosition {
  int64_t image, oy, ox;

  Conv2dPosition(const Conv2dWindow& window, size_t row)
      : image(static_cast<int64_t>(row) / window.out_w / window.out_h),
        oy(static_cast<int64_t>(row) / window.out_w % window.out_h),
        ox(static_cast<int64_t>(row) % window.out_w) {}

  void Next(const Conv2dWindow& window) {
    if (++ox < window.out_w) return;
    ox = 0;
    if (++oy < window.out_h) return;
    oy = 0;
    ++image;
  }
};

// The first pixel of kernel row ky, and where its column 0 would be; nullptr if outside of the
// image.
template <class T>
const T* KernelLine(const Conv2dWindow& window, const T* x, const Conv2dPosition& at, int64_t ky) {
  const int64_t y = at.oy * window.stride_h - window.pad_top + ky * window.dilation_h;
  if (y < 0 || y >= window.in_h) return nullptr;
  return x + (at.image * window.in_h + y) * window.in_w * window.in_c;
}

}  // namespace edgec
#endif  // EDGEC_OPS_CONV2D_WINDOW_H_
