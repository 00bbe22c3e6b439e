// Pooling, reductions and resizing: windows, padding, axes. Kernels have tests of their own.
#include <cmath>

#include "kernel_test.h"
#include "node_samples.h"

namespace {

using namespace edgec_test;

struct Pool {
  uint32_t n, h, w, c, out_h, out_w;
  int kernel_h, kernel_w, stride_h, stride_w, pad_top, pad_left;
};

constexpr Pool kPools[] = {
    {1, 4, 4, 1, 2, 2, 2, 2, 2, 2, 0, 0},   // plain
    {2, 5, 7, 19, 5, 7, 3, 3, 1, 1, 1, 1},  // same
    {1, 5, 6, 3, 3, 3, 3, 2, 2, 2, 1, 0},   // bottom and right beyond the image
    {1, 3, 3, 8, 1, 1, 3, 3, 1, 1, 0, 0},   // global
    {1, 2, 2, 33, 4, 4, 3, 3, 1, 1, 2, 2},  // one tap in the corners
    {1, 1, 9, 5, 1, 3, 1, 4, 1, 3, 0, 2},   // a line
};

// Calls f(first element of the tap's pixel) for the taps inside of the image.
template <class F>
void EachTap(const Pool& p, size_t pixel, F f) {
  const int ox = static_cast<int>(pixel % p.out_w),
            oy = static_cast<int>(pixel / p.out_w % p.out_h);
  const size_t image = pixel / p.out_w / p.out_h;
  for (int ky = 0; ky < p.kernel_h; ++ky) {
    for (int kx = 0; kx < p.kernel_w; ++kx) {
      const int y = oy * p.stride_h - p.pad_top + ky, x = ox * p.stride_w - p.pad_left + kx;
      if (y < 0 || x < 0 || y >= static_cast<int>(p.h) || x >= static_cast<int>(p.w)) continue;
      f(((image * p.h + static_cast<size_t>(y)) * p.w + static_cast<size_t>(x)) * p.c);
    }
  }
}

template <class T>
NodeValue PoolNode(const char* op, const Pool& p, const std::vector<T>& x) {
  return {op,
          {Value<T>({p.n, p.h, p.w, p.c}, x)},
          Blank(DtypeOf<T>(), {p.n, p.out_h, p.out_w, p.c}),
          {p.kernel_h, p.kernel_w, p.stride_h, p.stride_w, p.pad_top, p.pad_left}};
}

template <class T>
std::vector<T> PoolValues(const Pool& p) {
  Random random(24);
  std::vector<T> x(p.n * p.h * p.w * p.c);
  for (T& value : x) value = static_cast<T>(random.Within(-128, 127));
  return x;
}

template <class T>
void CheckMaxPool(const char* op) {
  for (const Pool& p : kPools) {
    const std::vector<T> x = PoolValues<T>(p);
    std::vector<T> wanted(p.n * p.out_h * p.out_w * p.c, T{-128});
    for (size_t i = 0; i < wanted.size(); ++i) {
      EachTap(p, i / p.c, [&](size_t tap) { wanted[i] = std::max(wanted[i], x[tap + i % p.c]); });
    }
    CheckResult(PoolNode(op, p, x), wanted);
  }
}

EDGEC_TEST(MaxPool2dS8IsTheGreatestTapInsideOfTheImage) { CheckMaxPool<int8_t>("max_pool2d_s8"); }
EDGEC_TEST(MaxPool2dF32IsTheGreatestTapInsideOfTheImage) { CheckMaxPool<float>("max_pool2d_f32"); }

EDGEC_TEST(AveragePool2dS8IsTheReference) {
  const int32_t zero_in = 9, zp = -20;
  const float mult = 0.7f;
  for (const Pool& p : kPools) {
    for (const int32_t count_pad : {0, 1}) {
      const std::vector<int8_t> x = PoolValues<int8_t>(p);
      NodeValue node = PoolNode("average_pool2d_s8", p, x);
      node.params.insert(node.params.end(), {count_pad, zero_in, zp, Bits(mult)});
      std::vector<int8_t> wanted(p.n * p.out_h * p.out_w * p.c);
      for (size_t i = 0; i < wanted.size(); ++i) {
        int32_t sum = 0, count = 0;
        EachTap(p, i / p.c, [&](size_t tap) { sum += x[tap + i % p.c] - zero_in, ++count; });
        if (count_pad == 1) count = p.kernel_h * p.kernel_w;
        const float each = mult / static_cast<float>(count);
        wanted[i] = Requant(sum, each, zp, -128, 127);
      }
      CheckResult(node, wanted);
    }
  }
}

EDGEC_TEST(AveragePool2dF32IsTheAverage) {
  for (const Pool& p : kPools) {
    for (const int32_t count_pad : {0, 1}) {
      const std::vector<float> x = PoolValues<float>(p);
      NodeValue node = PoolNode("average_pool2d_f32", p, x);
      node.params.push_back(count_pad);
      std::vector<float> wanted(p.n * p.out_h * p.out_w * p.c);
      for (size_t i = 0; i < wanted.size(); ++i) {
        float sum = 0.0f, count = 0.0f;  // of integers: exact
        EachTap(p, i / p.c, [&](size_t tap) { sum += x[tap + i % p.c], count += 1.0f; });
        wanted[i] = sum / (count_pad == 1 ? static_cast<float>(p.kernel_h * p.kernel_w) : count);
      }
      CheckResult(node, wanted);
    }
  }
}

struct Reduce {
  uint32_t outer, reduce, inner;
};
constexpr Reduce kReduces[] = {{1, 1, 1},  {3, 5, 1},   {1, 49, 130}, {2, 7, 9},
                               {4, 1, 33}, {1, 300, 1}, {5, 2, 64},   {1, 9, 65}};

template <class T>
NodeValue ReduceNode(const char* op, const Reduce& r, std::vector<T>* x) {
  Random random(25);
  x->resize(r.outer * r.reduce * r.inner);
  for (T& value : *x) value = static_cast<T>(random.Within(-128, 127));
  return {op,
          {Value<T>({r.outer, r.reduce, r.inner}, *x)},
          Blank(DtypeOf<T>(), {r.outer, r.inner}),
          {static_cast<int32_t>(r.outer), static_cast<int32_t>(r.reduce),
           static_cast<int32_t>(r.inner)}};
}

// wanted[i] = f over the elements that output i is made of.
template <class T, class F>
std::vector<T> Reduced(const Reduce& r, const std::vector<T>& x, F f) {
  std::vector<T> wanted(r.outer * r.inner);
  for (size_t i = 0; i < wanted.size(); ++i) {
    std::vector<T> part;
    for (size_t j = 0; j < r.reduce; ++j) {
      part.push_back(x[(i / r.inner * r.reduce + j) * r.inner + i % r.inner]);
    }
    wanted[i] = f(part);
  }
  return wanted;
}

template <class T>
float Sum(const std::vector<T>& values) {
  float sum = 0.0f;  // of integers: exact
  for (const T value : values) sum += static_cast<float>(value);
  return sum;
}

EDGEC_TEST(MeanS8IsTheReference) {
  for (const Reduce& r : kReduces) {
    std::vector<int8_t> x;
    NodeValue node = ReduceNode("mean_s8", r, &x);
    const float mult = 1.3f / static_cast<float>(r.reduce);
    node.params.insert(node.params.end(), {-7, 11, Bits(mult)});
    CheckResult(node, Reduced(r, x, [&](const std::vector<int8_t>& part) {
                  const int32_t sum =
                      static_cast<int32_t>(Sum(part)) + 7 * static_cast<int32_t>(r.reduce);
                  return Requant(sum, mult, 11, -128, 127);
                }));
  }
}

EDGEC_TEST(MeanF32IsTheMean) {
  for (const Reduce& r : kReduces) {
    std::vector<float> x;
    const NodeValue node = ReduceNode("mean_f32", r, &x);
    CheckResult(node, Reduced(r, x, [&](const std::vector<float>& part) {
                  return Sum(part) / static_cast<float>(r.reduce);
                }));
  }
}

EDGEC_TEST(SumF32IsTheSum) {
  for (const Reduce& r : kReduces) {
    std::vector<float> x;
    const NodeValue node = ReduceNode("sum_f32", r, &x);
    CheckResult(node, Reduced(r, x, [&](const std::vector<float>& part) { return Sum(part); }));
  }
}

EDGEC_TEST(MaxF32IsTheGreatest) {
  for (const Reduce& r : kReduces) {
    std::vector<float> x;
    const NodeValue node = ReduceNode("max_f32", r, &x);
    CheckResult(node, Reduced(r, x, [&](const std::vector<float>& part) {
                  return *std::max_element(part.begin(), part.end());
                }));
  }
}

// Taps and weights of align_corners from `in` to `out`, made up so that order and place matter.
struct Axis {
  std::vector<int32_t> taps;
  std::vector<float> weights;
  Axis(uint32_t in, uint32_t out) {
    for (uint32_t i = 0; i < out; ++i) {
      const float at = static_cast<float>(i * (in - 1)) / static_cast<float>(out - 1);
      const int32_t low = static_cast<int32_t>(at);
      taps.insert(taps.end(), {low, std::min(low + 1, static_cast<int32_t>(in) - 1)});
      weights.push_back(at - static_cast<float>(low));
    }
  }
};

template <class T, class F>
void CheckBilinear(const char* op, F round) {
  const uint32_t n = 2, h = 3, w = 4, c = 19, out_h = 5, out_w = 7;
  const Axis y(h, out_h), x(w, out_w);
  Random random(26);
  std::vector<T> image(n * h * w * c);
  for (T& value : image) value = static_cast<T>(random.Within(-128, 127));
  const NodeValue node = {
      op,
      {Value<T>({n, h, w, c}, image), Constant<int32_t>({out_h, 2}, y.taps),
       Constant<float>({out_h}, y.weights), Constant<int32_t>({out_w, 2}, x.taps),
       Constant<float>({out_w}, x.weights)},
      Blank(DtypeOf<T>(), {n, out_h, out_w, c}),
      {}};
  std::vector<T> wanted(n * out_h * out_w * c);
  for (size_t i = 0; i < wanted.size(); ++i) {
    const size_t channel = i % c, ox = i / c % out_w, oy = i / c / out_w % out_h,
                 b = i / c / out_w / out_h;
    const auto pixel = [&](size_t ty, size_t tx) {
      const size_t row = static_cast<size_t>(y.taps[2 * oy + ty]);
      const size_t column = static_cast<size_t>(x.taps[2 * ox + tx]);
      return static_cast<float>(image[((b * h + row) * w + column) * c + channel]);
    };
    const float top_step = (pixel(0, 1) - pixel(0, 0)) * x.weights[ox];
    const float top = pixel(0, 0) + top_step;
    const float bottom_step = (pixel(1, 1) - pixel(1, 0)) * x.weights[ox];
    const float bottom = pixel(1, 0) + bottom_step;
    const float step = (bottom - top) * y.weights[oy];
    wanted[i] = round(top + step);
  }
  CheckResult(node, wanted);
}

EDGEC_TEST(ResizeBilinearS8IsTheReference) {
  CheckBilinear<int8_t>("resize_bilinear_s8",
                        [](float real) { return static_cast<int8_t>(std::nearbyint(real)); });
}
EDGEC_TEST(ResizeBilinearF32IsTheReference) {
  CheckBilinear<float>("resize_bilinear_f32", [](float real) { return real; });
}

template <class T>
void CheckNearest() {
  const uint32_t n = 2, h = 3, w = 4, c = 5, out_h = 2, out_w = 6;
  const std::vector<int32_t> iy = {2, 0}, ix = {0, 0, 3, 2, 1, 3};
  const std::vector<T> image = Counting<T>(n * h * w * c);
  std::vector<T> wanted;
  for (size_t b = 0; b < n; ++b) {
    for (const int32_t row : iy) {
      for (const int32_t column : ix) {
        const size_t from =
            ((b * h + static_cast<size_t>(row)) * w + static_cast<size_t>(column)) * c;
        wanted.insert(wanted.end(), image.begin() + from, image.begin() + from + c);
      }
    }
  }
  CheckResult<T>({"resize_nearest",
                  {Value<T>({n, h, w, c}, image), Constant({out_h}, iy), Constant({out_w}, ix)},
                  Blank(DtypeOf<T>(), {n, out_h, out_w, c}),
                  {}},
                 wanted);
}

EDGEC_TEST(ResizeNearestMovesPixelsOfAnyType) {
  CheckNearest<int8_t>();
  CheckNearest<float>();
  CheckNearest<int64_t>();
}

}  // namespace
