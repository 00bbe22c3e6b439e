// Every dwconv3x3_s8 kernel against a naive loop: the same bytes for every size, padding and
// stride, each row and each line at the edge of a page of its own.
#include <memory>

#include "kernel_test.h"
#include "kernels/dwconv3x3_s8/dwconv3x3_s8_table.h"

namespace edgec_test {
namespace {

using edgec::Dwconv3x3S8Kernel;
using edgec::Dwconv3x3S8Kernels;
using edgec::Dwconv3x3S8Lines;
using Entry = edgec::KernelEntry<Dwconv3x3S8Kernel>;

constexpr size_t kMostLines = 2, kMostPixels = 9, kMostWidth = 19, kMostChannels = 65;
constexpr size_t kMostBlock = 384;

struct Size {
  size_t lines, pixels, channels, stride;
  ptrdiff_t pad_left;
  size_t width;
};

// What follows the sums: in the middle is what a ReLU has.
struct Range {
  int32_t zero_point, qmin, qmax;
};
constexpr Range kRanges[] = {
    {5, -128, 110}, {-127, -128, 127}, {-128, -100, 127}, {-128, -128, 127}, {4, -128, 127}};

class Case {
 public:
  Case() {
    for (size_t r = 0; r < kMostLines + 2; ++r) {
      rows_.emplace_back(new Guarded<int8_t>(kMostWidth * kMostChannels));
    }
  }

  std::vector<int8_t> x, w;  // x[row][column][channel], w[tap][channel]
  std::vector<int32_t> bias;
  std::vector<float> mult;
  bool fits_int16 = false;
  Range range{};
  int8_t padding = 0;

  void Fill(const Entry& kernel, const Size& size, uint64_t seed) {
    kernel_ = &kernel;
    size_ = size;
    Random random(seed);
    x.resize((size.lines + 2) * size.width * size.channels);
    w.resize(9 * size.channels);
    bias.resize(size.channels);
    mult.resize(size.channels);
    padding = static_cast<int8_t>(random.Within(-128, 127));
    for (int8_t& value : x) value = static_cast<int8_t>(random.Within(-128, 127));
    for (int8_t& value : w) value = static_cast<int8_t>(random.Within(-127, 127));
    for (int32_t& value : bias) value = random.Within(-20000, 20000);
    // 0.5 makes halves, which are rounded to even.
    for (float& value : mult) value = static_cast<float>(random.Within(1, 4000)) * 2e-6f;
    mult[size.channels / 2] = 0.5f / 128;
  }

  void Check() {
    Describe("%s lines=%zu pixels=%zu channels=%zu stride=%zu pad=%td width=%zu zp=%d",
             kernel_->name, size_.lines, size_.pixels, size_.channels, size_.stride, size_.pad_left,
             size_.width, range.zero_point);
    const size_t y_line = size_.pixels * size_.channels;
    int8_t* y = Tail(y_, size_.lines * y_line);
    Run(y, y_line);
    for (size_t i = 0; i < size_.lines * y_line; ++i) {
      const size_t j = i % size_.channels;
      const int32_t acc = Acc(i / y_line, i / size_.channels % size_.pixels, j);
      EDGEC_CHECK_EQ(y[i], Requant(acc, mult[j], range.zero_point, range.qmin, range.qmax));
    }
  }

 private:
  int32_t Acc(size_t line, size_t i, size_t j) const {
    int64_t sum = bias[j];
    for (size_t t = 0; t < 9; ++t) {
      const ptrdiff_t column = static_cast<ptrdiff_t>(i * size_.stride + t % 3) - size_.pad_left;
      const bool inside = column >= 0 && column < static_cast<ptrdiff_t>(size_.width);
      const size_t at = (line + t / 3) * size_.width + static_cast<size_t>(inside ? column : 0);
      sum += (inside ? x[at * size_.channels + j] : padding) * w[t * size_.channels + j];
    }
    return Wrap(sum);
  }

  void Run(int8_t* y, size_t y_line) {
    const size_t row = size_.width * size_.channels, blocks = Padded(size_.channels) / 16;
    const int8_t* rows[kMostLines + 2];
    for (size_t r = 0; r < size_.lines + 2; ++r) {
      int8_t* to = Tail(*rows_[r], row);
      std::copy_n(&x[r * row], row, to);
      rows[r] = to;
    }
    int8_t* blocks_of_w = Tail(w_, blocks * kernel_->block);
    for (size_t i = 0; i < blocks; ++i) {
      const size_t first = edgec::Dwconv3x3Block(16 * i, size_.channels);
      int8_t w_of[9 * 16];
      for (size_t at = 0; at < 9 * 16; ++at) {
        w_of[at] = w[at / 16 * size_.channels + first + at % 16];
      }
      kernel_->pack(w_of, blocks_of_w + i * kernel_->block);
    }
    int32_t* its_bias = Tail(bias_, size_.channels);
    float* its_mult = Tail(mult_, size_.channels);
    std::copy(bias.begin(), bias.end(), its_bias);
    std::copy(mult.begin(), mult.end(), its_mult);
    edgec::Dwconv3x3S8Params params{
        its_bias, edgec::MakeRequantS8(its_mult, range.zero_point, range.qmin, range.qmax)};
    params.requant.fits_int16 = fits_int16;
    params.requant.unit_mult = std::all_of(
        mult.begin(), mult.end(), [](float value) { return value >= 0.0f && value < 1.0f; });
    kernel_->run({size_.lines, size_.pixels, size_.channels, rows, size_.width, size_.pad_left,
                  size_.stride, padding, blocks_of_w, y, y_line},
                 params);
  }

  const Entry* kernel_ = nullptr;
  Size size_{};
  std::vector<std::unique_ptr<Guarded<int8_t>>> rows_;
  Guarded<int8_t> w_{kMostBlock * (kMostChannels / 16 + 1)};
  Guarded<int32_t> bias_{kMostChannels};
  Guarded<float> mult_{kMostChannels};
  Guarded<int8_t> y_{kMostLines * kMostPixels * kMostChannels};
};

// Calls body(size) for what a kernel must take: images that end within the last window, before it
// or behind it.
template <class Body>
void ForSizes(const Entry& kernel, size_t channels, Body body) {
  for (size_t pixels = 1; pixels <= kMostPixels; ++pixels) {
    for (size_t stride = 1; stride <= 2; ++stride) {
      for (size_t lines = 1; lines <= (stride == 1 ? kernel.lines : 1); ++lines) {
        for (ptrdiff_t pad = -1; pad <= 3; ++pad) {
          const ptrdiff_t columns = static_cast<ptrdiff_t>((pixels - 1) * stride + 3) - pad;
          for (ptrdiff_t width = columns - 2; width <= columns + 1; ++width) {
            if (width < 1) continue;
            body(Size{lines, pixels, channels, stride, pad, static_cast<size_t>(width)});
          }
        }
      }
    }
  }
}

EDGEC_TEST_EACH_ISA(dwconv3x3_s8_every_size_gives_the_reference_bytes) {
  ForKernels(Dwconv3x3S8Kernels(), isa, [](const Entry& kernel) {
    Case test;
    size_t seed = 0;
    for (size_t channels : {16, 17, 24, 31, 32, 48, 65}) {
      ForSizes(kernel, channels, [&](const Size& size) {
        ++seed;
        test.fits_int16 = seed % 3 != 0;  // 9 · 2^14 + 20000 < 2^22
        test.range = kRanges[seed % 5];
        test.Fill(kernel, size, seed);
        test.Check();
      });
    }
  });
}

// Two products of a NEON kernel meet in int16: the largest must still be exact.
EDGEC_TEST_EACH_ISA(dwconv3x3_s8_extreme_values_are_exact) {
  ForKernels(Dwconv3x3S8Kernels(), isa, [](const Entry& kernel) {
    Case test;
    for (int8_t x : {-128, 127}) {
      for (int8_t w : {-127, 127}) {
        for (const Range& range : kRanges) {
          for (bool fits : {false, true}) {
            test.range = range;
            test.fits_int16 = fits;
            test.Fill(kernel, {kernel.lines, 7, 33, 1, 1, 7}, 1);
            std::fill(test.x.begin(), test.x.end(), x);
            test.padding = x;
            std::fill(test.w.begin(), test.w.end(), w);
            std::fill(test.mult.begin(), test.mult.end(), 6e-4f);
            test.Check();
          }
        }
      }
    }
  });
}

// Halves, which go to the even neighbour, on both sides of zero and of the bounds of int8.
EDGEC_TEST_EACH_ISA(dwconv3x3_s8_narrow_sums_at_their_bounds_are_exact) {
  ForKernels(Dwconv3x3S8Kernels(), isa, [](const Entry& kernel) {
    Case test;
    test.fits_int16 = true;
    constexpr int32_t kMost = (1 << 22) - 1;
    for (const Range& range : kRanges) {
      for (int32_t bias : {kMost, -kMost, kMost / 2, 1, 3, -1, 255, 257, -255, 509, 511}) {
        for (float mult : {32766.0f / kMost, 3e-5f, 0.0f}) {
          test.range = range;
          test.Fill(kernel, {kernel.lines, 5, 17, 1, 1, 5}, 1);
          std::fill(test.x.begin(), test.x.end(), int8_t{0});
          test.padding = 0;
          std::fill(test.bias.begin(), test.bias.end(), bias);
          std::fill(test.mult.begin(), test.mult.end(), mult);
          if (bias > 3) test.mult[3] = -mult;
          if (std::abs(bias) < 1000) std::fill(&test.mult[4], &test.mult[12], 0.5f);
          test.Check();
        }
      }
    }
  });
}

EDGEC_TEST_EACH_ISA(dwconv3x3_s8_accumulators_at_the_ends_of_int32_are_exact) {
  ForKernels(Dwconv3x3S8Kernels(), isa, [](const Entry& kernel) {
    Case test;
    for (const Range& range : kRanges) {
      for (int32_t bias : {INT32_MAX, INT32_MIN, 0x7FFFFF80}) {
        for (float mult : {4.6e-8f, 0.99999994f, 1.0f, 3.0e4f, 1e-38f}) {
          test.range = range;
          test.Fill(kernel, {kernel.lines, 5, 17, 1, 1, 5}, 1);
          std::fill(test.x.begin(), test.x.end(), int8_t{0});
          test.padding = 0;
          std::fill(test.bias.begin(), test.bias.end(), bias);
          std::fill(test.mult.begin(), test.mult.end(), mult);
          test.mult[3] = 2e-6f;  // one channel unlike the others of its register
          test.Check();
        }
      }
    }
  });
}

}  // namespace
}  // namespace edgec_test
