// Where each output pixel of a 2-D pooling looks: the part of its window that lies inside the
// image.
#ifndef EDGEC_OPS_POOL2D_WINDOW_H_
#define EDGEC_OPS_POOL2D_WINDOW_H_

#include "kernels/pool/pool.h"
#include "ops/loop_op.h"
#include "ops/node_inspector.h"

namespace edgec {

// Sizes in pixels; 64 bits so that no position that a file can name overflows.
class Pool2dWindow {
 public:
  // From x [n,h,w,c], out [n,h,w,c] and params kh, kw, stride_h, stride_w, pad_top, pad_left.
  // Afterwards every window has a tap inside the image, if the check holds.
  Pool2dWindow(const Node& node, NodeInspector& check);

  int64_t taps() const { return kernel_h_ * kernel_w_; }
  size_t channels() const { return channels_; }

  // An op that calls pixel(window, first tap, out) for each output pixel. T: type of the elements.
  template <class T, class F>
  std::unique_ptr<Op> MakeOp(const Tensor& x, const Tensor& out, F pixel) const {
    const T* x_0 = x.as<T>();
    T* out_0 = out.out<T>();
    const Pool2dWindow plan = *this;
    const auto rows = [=](size_t begin, size_t end, uint32_t) {
      T* to = out_0 + begin * static_cast<size_t>(plan.out_w_) * plan.channels_;
      for (size_t row = begin; row < end; ++row) {
        size_t first;
        PoolWindow window = plan.Line(static_cast<int64_t>(row), &first);
        int64_t x = -plan.pad_left_;
        for (int64_t ox = 0; ox < plan.out_w_; ++ox, to += plan.channels_, x += plan.stride_w_) {
          const int64_t left = x < 0 ? 0 : x;
          const int64_t end_x = x + plan.kernel_w_;
          window.columns = static_cast<size_t>((end_x < plan.in_w_ ? end_x : plan.in_w_) - left);
          pixel(window, x_0 + first + static_cast<size_t>(left) * plan.channels_, to);
        }
      }
    };
    const uint64_t row_bytes = static_cast<uint64_t>(out_w_) * channels_ * sizeof(T);
    return MakeLoop(static_cast<uint64_t>(batch_ * out_h_),
                    GrainOf(row_bytes, static_cast<uint64_t>(taps())), rows);
  }

 private:
  // The windows of an output row (counted over all images), but for their columns, and the offset
  // of their first line.
  PoolWindow Line(int64_t row, size_t* first) const;

  int64_t batch_ = 1, in_h_ = 1, in_w_ = 1, out_h_ = 1, out_w_ = 1;
  int64_t kernel_h_ = 1, kernel_w_ = 1, stride_h_ = 1, stride_w_ = 1, pad_top_ = 0, pad_left_ = 0;
  size_t channels_ = 1;
};

}  // namespace edgec
#endif  // EDGEC_OPS_POOL2D_WINDOW_H_
