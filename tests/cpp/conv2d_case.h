// A convolution by definition, in the shapes of the file: what conv2d, depthwise_conv2d and
// fully_connected are tested against.
#ifndef EDGEC_TESTS_CONV2D_CASE_H_
#define EDGEC_TESTS_CONV2D_CASE_H_

#include <vector>

#include "kernel_test.h"
#include "op_test.h"

namespace edgec_test {

struct Conv2dShape {
  uint32_t n, h, w, c, o;  // o: output channels
  int32_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w, pad_top, pad_left;
  uint32_t out_h, out_w;
  uint32_t groups;

  size_t depth() const { return c / groups; }
  size_t columns() const { return o / groups; }
  size_t taps() const { return static_cast<size_t>(kernel_h * kernel_w); }
  size_t rows() const { return size_t{n} * out_h * out_w; }
  std::vector<int32_t> params() const {
    return {kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w, pad_top, pad_left};
  }
};

// Calls body(x value, index of the weight) for each tap and channel of one output; the value is
// `padding` outside of the image. Weights are [o][kh][kw][c/groups].
template <class T, class Body>
void ForProducts(const Conv2dShape& s, const T* x, T padding, size_t row, size_t o, Body body) {
  const int64_t ox = static_cast<int64_t>(row % s.out_w);
  const int64_t oy = static_cast<int64_t>(row / s.out_w % s.out_h);
  const size_t image = row / s.out_w / s.out_h, first = o / s.columns() * s.depth();
  for (int64_t tap = 0; tap < s.kernel_h * s.kernel_w; ++tap) {
    const int64_t iy = oy * s.stride_h - s.pad_top + tap / s.kernel_w * s.dilation_h;
    const int64_t ix = ox * s.stride_w - s.pad_left + tap % s.kernel_w * s.dilation_w;
    const bool inside = iy >= 0 && iy < s.h && ix >= 0 && ix < s.w;
    for (size_t c = 0; c < s.depth(); ++c) {
      const size_t at = ((image * s.h + static_cast<size_t>(iy)) * s.w + static_cast<size_t>(ix));
      body(inside ? x[at * s.c + first + c] : padding,
           (o * s.taps() + static_cast<size_t>(tap)) * s.depth() + c);
    }
  }
}

// [o] values as [groups][⌈columns/16⌉·16].
template <class T>
std::vector<T> PadGroups(const Conv2dShape& s, const std::vector<T>& values) {
  std::vector<T> padded(s.groups * Padded(s.columns()));
  for (size_t o = 0; o < s.o; ++o) {
    padded[o / s.columns() * Padded(s.columns()) + o % s.columns()] = values[o];
  }
  return padded;
}

// How many blocks of `step` depths a packed row of weights has: taps are filled up one by one.
inline size_t TapDepth(const Conv2dShape& s) {
  const bool lines = s.groups == 1 && (s.dilation_w == 1 || s.kernel_w == 1);
  return lines ? static_cast<size_t>(s.kernel_w) * s.depth() : s.depth();
}
inline size_t DepthBlocks(const Conv2dShape& s, size_t step) {
  return s.taps() * s.depth() / TapDepth(s) * ((TapDepth(s) + step - 1) / step);
}

// [o][depth of all taps] weights as s8_16c4 (step 4) or f32_16 (step 1), which is s8_16c4 with one
// depth in a block.
template <class T>
std::vector<T> PackGroups(const Conv2dShape& s, const std::vector<T>& weights, size_t step) {
  const size_t depth = s.taps() * s.depth(), blocks = DepthBlocks(s, step);
  const size_t tap_depth = TapDepth(s), tap_blocks = (tap_depth + step - 1) / step;
  std::vector<T> packed(s.groups * Padded(s.columns()) * blocks * step);
  for (size_t o = 0; o < s.o; ++o) {
    const size_t column = o / s.columns() * Padded(s.columns()) + o % s.columns();
    for (size_t p = 0; p < depth; ++p) {
      const size_t in_tap = p % tap_depth;
      const size_t block = column / 16 * blocks + p / tap_depth * tap_blocks + in_tap / step;
      packed[(block * 16 + column % 16) * step + in_tap % step] = weights[o * depth + p];
    }
  }
  return packed;
}

template <class T>
void FillRandom(std::vector<T>* values, Random* random) {
  for (T& value : *values) value = static_cast<T>(random->Within(-127, 127));
}
template <>
inline void FillRandom(std::vector<float>* values, Random* random) {
  for (float& value : *values) value = random->Real();
}

// A float sum of these terms is exact up to their number times their magnitudes.
struct FloatSum {
  double sum = 0.0, magnitude = 0.0;
  size_t terms = 0;
  void Add(double term) {
    sum += term;
    magnitude += std::abs(term);
    ++terms;
  }
  bool Near(float got, double min, double max) const {
    const double want = std::min(std::max(sum, min), max);
    return std::abs(got - want) <= static_cast<double>(terms) * magnitude * 6e-8;
  }
};

}  // namespace edgec_test
#endif  // EDGEC_TESTS_CONV2D_CASE_H_
