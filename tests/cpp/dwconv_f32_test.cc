// Every dwconv_f32 kernel against a naive loop in double, at the edge of a page.
#include <limits>
#include <memory>

#include "kernel_test.h"
#include "kernels/dwconv_f32/dwconv_f32_table.h"

namespace edgec_test {
namespace {

using edgec::DwconvF32Kernel;
using edgec::DwconvF32Kernels;
using edgec::DwconvLine;
using edgec::kDwconvTile;
using Entry = edgec::KernelEntry<DwconvF32Kernel>;

constexpr size_t kMostM = 20, kMostN = 48, kMostTaps = 25;
constexpr size_t kMostPixels = (kMostM + kDwconvTile - 1) / kDwconvTile * kDwconvTile;
constexpr float kMin = -0.75f, kMax = 1.25f, kUntouched = 99.0f;

struct Size {
  size_t m, n, taps, step, y_stride;  // step: units from a pixel to the next
};

class DwconvCase {
 public:
  DwconvCase() {
    constexpr size_t kCount = kMostN * kMostPixels * 2;
    for (size_t t = 0; t < kMostTaps; ++t) units_.emplace_back(new Guarded<float>(kCount));
  }

  std::vector<float> x, w, bias;  // x[tap][pixel][channel], w[tap][channel]

  void Fill(const Size& size, uint64_t seed) {
    size_ = size;
    Random random(seed);
    x.resize(size.taps * size.m * size.n);
    w.resize(size.taps * size.n);
    bias.resize(size.n);
    for (std::vector<float>* values : {&x, &w, &bias}) {
      for (float& value : *values) value = random.Real();
    }
  }

  void Check(const Entry& kernel) {
    Describe("%s m=%zu n=%zu taps=%zu", kernel.name, size_.m, size_.n, size_.taps);
    const size_t count = (size_.m - 1) * size_.y_stride + size_.n;
    float* y = Tail(y_, count);
    std::fill_n(y, count, kUntouched);
    Run(kernel, y);
    for (size_t i = 0; i < size_.m; ++i) {
      for (size_t j = 0; j < size_.n; ++j) CheckClose(y[i * size_.y_stride + j], i, j);
      if (i + 1 == size_.m) break;
      for (size_t j = size_.n; j < size_.y_stride; ++j) {
        EDGEC_CHECK_EQ(y[i * size_.y_stride + j], kUntouched);
      }
    }
  }

  void Run(const Entry& kernel, float* y) {
    const float* pointers[kMostTaps];
    for (size_t t = 0; t < size_.taps; ++t) pointers[t] = PlaceTap(t);
    float* packed_bias = Tail(bias_, Padded(size_.n));
    std::fill_n(packed_bias, Padded(size_.n), 0.0f);
    std::copy(bias.begin(), bias.end(), packed_bias);
    DwconvLine<float> line{};
    line.pixels = size_.m;
    line.channels = size_.n;
    line.taps = size_.taps;
    line.sharing = 1;
    line.x = pointers;
    line.x_step = 16 * size_.step;
    line.x_block = BlockElements();
    line.w = Pack();
    line.y = y;
    line.y_stride = size_.y_stride;
    kernel.run(line, {packed_bias, kMin, kMax});
  }

 private:
  // Up to the last unit of the last pixel of a whole tile.
  size_t BlockElements() const {
    const size_t pixels = (size_.m + kDwconvTile - 1) / kDwconvTile * kDwconvTile;
    return ((pixels - 1) * size_.step + 1) * 16;
  }

  const float* PlaceTap(size_t t) {
    const size_t blocks = Padded(size_.n) / 16;
    float* to = Tail(*units_[t], blocks * BlockElements());
    std::fill_n(to, blocks * BlockElements(), 0.0f);
    for (size_t i = 0; i < size_.m; ++i) {
      for (size_t j = 0; j < size_.n; ++j) {
        to[j / 16 * BlockElements() + i * size_.step * 16 + j % 16] =
            x[(t * size_.m + i) * size_.n + j];
      }
    }
    return to;
  }

  // The error of a float sum is bounded by its length times the sum of magnitudes.
  void CheckClose(float got, size_t i, size_t j) {
    double sum = bias[j], magnitude = std::abs(bias[j]);
    for (size_t t = 0; t < size_.taps; ++t) {
      const double product =
          double{x[(t * size_.m + i) * size_.n + j]} * double{w[t * size_.n + j]};
      sum += product;
      magnitude += std::abs(product);
    }
    const double want = std::min(std::max(sum, double{kMin}), double{kMax});
    EDGEC_CHECK(std::abs(got - want) <= static_cast<double>(size_.taps + 1) * magnitude * 6e-8);
  }

  // dw16 as edgec/format/spec.md defines it.
  const float* Pack() {
    float* packed = Tail(w_, Padded(size_.n) * size_.taps);
    std::fill_n(packed, Padded(size_.n) * size_.taps, 0.0f);
    for (size_t t = 0; t < size_.taps; ++t) {
      for (size_t j = 0; j < size_.n; ++j) {
        packed[(j / 16 * size_.taps + t) * 16 + j % 16] = w[t * size_.n + j];
      }
    }
    return packed;
  }

  Size size_{};
  std::vector<std::unique_ptr<Guarded<float>>> units_;
  Guarded<float> w_{kMostN * kMostTaps};
  Guarded<float> bias_{kMostN};
  Guarded<float> y_{kMostM * (kMostN + 8)};
};

EDGEC_TEST_EACH_ISA(dwconv_f32_every_tail_is_close_to_the_reference) {
  ForKernels(DwconvF32Kernels(), isa, [](const Entry& kernel) {
    DwconvCase test;
    size_t seed = 0;
    for (size_t m = 1; m <= kMostM; ++m) {
      for (size_t n : {1, 2, 4, 7, 8, 9, 12, 15, 16, 17, 24, 31, 32, 33}) {
        for (size_t taps : {1, 2, 9, 25}) {
          ++seed;
          test.Fill({m, n, taps, 1 + seed % 2, n + seed % 5}, seed);
          test.Check(kernel);
        }
      }
    }
  });
}

EDGEC_TEST_EACH_ISA(dwconv_f32_nan_stays_nan_in_its_channel) {
  ForKernels(DwconvF32Kernels(), isa, [](const Entry& kernel) {
    DwconvCase test;
    test.Fill({1, 17, 1, 1, 17}, 1);
    test.x[3] = std::numeric_limits<float>::quiet_NaN();
    float y[17];
    test.Run(kernel, y);
    for (size_t j = 0; j < 17; ++j) EDGEC_CHECK_EQ(std::isnan(y[j]), j == 3);
  });
}

}  // namespace
}  // namespace edgec_test
