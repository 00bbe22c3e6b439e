// Every dwconv_s8 kernel against a naive loop: the same bytes for every size, at the edge of a
// page.
#include <memory>

#include "kernel_test.h"
#include "kernels/dwconv_s8/dwconv_s8_table.h"

namespace edgec_test {
namespace {

using edgec::DwconvS8Kernel;
using edgec::DwconvS8Kernels;
using edgec::DwconvS8Params;
using Entry = edgec::KernelEntry<DwconvS8Kernel>;

constexpr size_t kMostM = 9, kMostN = 64, kMostTaps = 25;
constexpr int32_t kZeroPoint = 5, kQmin = -128, kQmax = 110;
constexpr int8_t kUntouched = 99;

struct Size {
  size_t m, n, taps, y_stride;
};

class DwconvCase {
 public:
  DwconvCase() {
    for (size_t i = 0; i < kMostM * kMostTaps; ++i) taps_.emplace_back(new Guarded<int8_t>(kMostN));
  }

  std::vector<int8_t> x, w;  // x[pixel][tap][channel], w[tap][channel]
  std::vector<int32_t> bias;
  std::vector<float> mult;

  void Fill(const Size& size, uint64_t seed) {
    size_ = size;
    Random random(seed);
    x.resize(size.m * size.taps * size.n);
    w.resize(size.taps * size.n);
    bias.resize(size.n);
    mult.resize(size.n);
    for (int8_t& value : x) value = static_cast<int8_t>(random.Within(-128, 127));
    for (int8_t& value : w) value = static_cast<int8_t>(random.Within(-127, 127));
    for (int32_t& value : bias) value = random.Within(-20000, 20000);
    for (float& value : mult) value = static_cast<float>(random.Within(1, 4000)) * 2e-6f;
  }

  void Check(const Entry& kernel) {
    Describe("%s m=%zu n=%zu taps=%zu", kernel.name, size_.m, size_.n, size_.taps);
    const size_t count = (size_.m - 1) * size_.y_stride + size_.n;
    int8_t* y = Tail(y_, count);
    std::fill_n(y, count, kUntouched);
    Run(kernel, y);
    for (size_t i = 0; i < size_.m; ++i) {
      for (size_t j = 0; j < size_.n; ++j) {
        EDGEC_CHECK_EQ(y[i * size_.y_stride + j],
                       Requant(Acc(i, j), mult[j], kZeroPoint, kQmin, kQmax));
      }
      if (i + 1 == size_.m) break;
      for (size_t j = size_.n; j < size_.y_stride; ++j) {
        EDGEC_CHECK_EQ(y[i * size_.y_stride + j], kUntouched);
      }
    }
  }

 private:
  int32_t Acc(size_t i, size_t j) const {
    int64_t sum = bias[j];
    for (size_t t = 0; t < size_.taps; ++t) {
      sum += x[(i * size_.taps + t) * size_.n + j] * w[t * size_.n + j];
    }
    return Wrap(sum);
  }

  void Run(const Entry& kernel, int8_t* y) {
    const int8_t* pointers[kMostM * kMostTaps];
    for (size_t i = 0; i < size_.m * size_.taps; ++i) {
      int8_t* tap = Tail(*taps_[i], size_.n);
      std::copy_n(&x[i * size_.n], size_.n, tap);
      pointers[i] = tap;
    }
    const size_t padded = Padded(size_.n);
    int32_t* packed_bias = Tail(bias_, padded);
    float* packed_mult = Tail(mult_, padded);
    std::fill_n(packed_bias, padded, 0);
    std::fill_n(packed_mult, padded, 0.0f);
    std::copy(bias.begin(), bias.end(), packed_bias);
    std::copy(mult.begin(), mult.end(), packed_mult);
    const DwconvS8Params params{packed_bias,
                                edgec::MakeRequantS8(packed_mult, kZeroPoint, kQmin, kQmax)};
    kernel.run(size_.m, size_.n, size_.taps, pointers, Pack(), y, size_.y_stride, &params);
  }

  // dw16 as edgec/format/spec.md defines it.
  const int8_t* Pack() {
    int8_t* packed = Tail(w_, Padded(size_.n) * size_.taps);
    std::fill_n(packed, Padded(size_.n) * size_.taps, int8_t{0});
    for (size_t t = 0; t < size_.taps; ++t) {
      for (size_t j = 0; j < size_.n; ++j) {
        packed[(j / 16 * size_.taps + t) * 16 + j % 16] = w[t * size_.n + j];
      }
    }
    return packed;
  }

  Size size_{};
  std::vector<std::unique_ptr<Guarded<int8_t>>> taps_;
  Guarded<int8_t> w_{kMostN * kMostTaps};
  Guarded<int32_t> bias_{kMostN};
  Guarded<float> mult_{kMostN};
  Guarded<int8_t> y_{kMostM * (kMostN + 8)};
};

EDGEC_TEST_EACH_ISA(dwconv_s8_every_tail_gives_the_reference_bytes) {
  ForKernels(DwconvS8Kernels(), isa, [](const Entry& kernel) {
    DwconvCase test;
    size_t seed = 0;
    for (size_t m = 1; m <= kMostM; ++m) {
      for (size_t n = 1; n <= 2 * 16 + 1; ++n) {
        for (size_t taps : {1, 2, 3, 9, 10, 25}) {
          ++seed;
          test.Fill({m, n, taps, n + seed % 5}, seed);
          test.Check(kernel);
        }
      }
    }
  });
}

// Two products of a NEON kernel meet in int16: the largest must still be exact.
EDGEC_TEST_EACH_ISA(dwconv_s8_extreme_values_are_exact) {
  ForKernels(DwconvS8Kernels(), isa, [](const Entry& kernel) {
    DwconvCase test;
    for (int8_t x : {-128, 127}) {
      for (int8_t w : {-127, 127}) {
        test.Fill({kMostM, 33, 25, 33}, 1);
        std::fill(test.x.begin(), test.x.end(), x);
        std::fill(test.w.begin(), test.w.end(), w);
        std::fill(test.mult.begin(), test.mult.end(), 2.5e-4f);
        test.Check(kernel);
      }
    }
  });
}

EDGEC_TEST_EACH_ISA(dwconv_s8_accumulators_at_the_ends_of_int32_are_exact) {
  ForKernels(DwconvS8Kernels(), isa, [](const Entry& kernel) {
    DwconvCase test;
    for (int32_t bias : {INT32_MAX, INT32_MIN, 0x7FFFFF80}) {
      for (float mult : {4.6e-8f, 3.0e4f, 1e-38f}) {
        test.Fill({5, 17, 3, 17}, 1);
        std::fill(test.bias.begin(), test.bias.end(), bias);
        std::fill(test.mult.begin(), test.mult.end(), mult);
        test.Check(kernel);
      }
    }
  });
}

}  // namespace
}  // namespace edgec_test
