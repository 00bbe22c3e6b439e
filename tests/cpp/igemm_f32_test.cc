// Every igemm_f32 kernel against a naive loop in double over unpacked weights, at the edge of a
// page.
#include <limits>
#include <memory>

#include "kernel_test.h"
#include "kernels/igemm_f32/igemm_f32_table.h"

namespace edgec_test {
namespace {

using edgec::IgemmF32Kernel;
using edgec::IgemmF32Kernels;
using edgec::IgemmF32Params;
using Entry = edgec::KernelEntry<IgemmF32Kernel>;

constexpr size_t kMostM = 16, kMostN = 48, kMostK = 24, kMostTaps = 9, kGap = 3;
constexpr float kUntouched = 99.0f;

struct Size {
  size_t m, n, k, taps, c_stride;
};

class IgemmCase {
 public:
  IgemmCase() {
    for (size_t i = 0; i < kMostM; ++i) {
      rows_.emplace_back(new Guarded<float>(kMostTaps * (kMostK + kGap)));
    }
  }

  std::vector<float> a, b, bias;  // a[tap][row][depth], b[column][tap · depth]
  float min = -1.5f, max = 1.25f;

  void Fill(const Size& size, uint64_t seed) {
    size_ = size;
    Random random(seed);
    a.resize(size.taps * size.m * size.k);
    b.resize(size.n * size.taps * size.k);
    bias.resize(size.n);
    for (std::vector<float>* values : {&a, &b, &bias}) {
      for (float& value : *values) value = random.Real();
    }
  }

  void Check(const Entry& kernel) {
    Describe("%s m=%zu n=%zu k=%zu taps=%zu", kernel.name, size_.m, size_.n, size_.k, size_.taps);
    const size_t c_count = (size_.m - 1) * size_.c_stride + size_.n;
    float* c = Tail(c_, c_count);
    std::fill_n(c, c_count, kUntouched);
    Run(kernel, c);
    for (size_t i = 0; i < size_.m; ++i) {
      for (size_t j = 0; j < size_.n; ++j) CheckClose(c[i * size_.c_stride + j], i, j);
      if (i + 1 == size_.m) break;
      for (size_t j = size_.n; j < size_.c_stride; ++j) {
        EDGEC_CHECK_EQ(c[i * size_.c_stride + j], kUntouched);
      }
    }
  }

  void Run(const Entry& kernel, float* c) {
    // Taps lie apart, the last at the end of memory.
    const float* pointers[kMostM];
    ptrdiff_t tap[kMostTaps];
    for (size_t t = 0; t < size_.taps; ++t) tap[t] = static_cast<ptrdiff_t>(t * (size_.k + kGap));
    for (size_t i = 0; i < size_.m; ++i) {
      float* row = Tail(*rows_[i], size_.taps * (size_.k + kGap) - kGap);
      for (size_t t = 0; t < size_.taps; ++t) {
        std::copy_n(&a[(t * size_.m + i) * size_.k], size_.k, row + t * (size_.k + kGap));
      }
      pointers[i] = row;
    }
    float* packed_bias = Tail(bias_, Padded(size_.n));
    std::fill_n(packed_bias, Padded(size_.n), 0.0f);
    std::copy(bias.begin(), bias.end(), packed_bias);
    const IgemmF32Params params{packed_bias, min, max};
    kernel.run(size_.m, size_.n, size_.k, size_.taps, pointers, tap, Pack(), c, size_.c_stride,
               &params);
  }

 private:
  // The error of a float sum is bounded by its length times the sum of magnitudes.
  void CheckClose(float got, size_t i, size_t j) {
    double sum = bias[j], magnitude = std::abs(bias[j]);
    for (size_t t = 0; t < size_.taps; ++t) {
      for (size_t p = 0; p < size_.k; ++p) {
        const double product = double{a[(t * size_.m + i) * size_.k + p]} *
                               double{b[(j * size_.taps + t) * size_.k + p]};
        sum += product;
        magnitude += std::abs(product);
      }
    }
    const double want = std::min(std::max(sum, double{min}), double{max});
    const double terms = static_cast<double>(size_.taps * size_.k + 1);
    EDGEC_CHECK(std::abs(got - want) <= terms * magnitude * 6e-8);
  }

  // f32_16 as edgec/format/spec.md defines it.
  const float* Pack() {
    const size_t depth = size_.taps * size_.k;
    float* w = Tail(w_, Padded(size_.n) * depth);
    std::fill_n(w, Padded(size_.n) * depth, 0.0f);
    for (size_t column = 0; column < size_.n; ++column) {
      for (size_t p = 0; p < depth; ++p) {
        w[(column / 16 * depth + p) * 16 + column % 16] = b[column * depth + p];
      }
    }
    return w;
  }

  Size size_{};
  std::vector<std::unique_ptr<Guarded<float>>> rows_;
  Guarded<float> w_{kMostN * kMostK * kMostTaps};
  Guarded<float> bias_{kMostN};
  Guarded<float> c_{kMostM * (kMostN + 8)};
};

EDGEC_TEST_EACH_ISA(igemm_f32_every_tail_is_close_to_the_reference) {
  ForKernels(IgemmF32Kernels(), isa, [](const Entry& kernel) {
    IgemmCase test;
    size_t seed = 0;
    for (size_t m = 1; m <= kernel.mr; ++m) {
      for (size_t n = 1; n <= 2 * 16 + 1; ++n) {
        for (size_t k = 1; k <= 7; ++k, ++seed) {
          test.Fill({m, n, k, 1 + seed % kMostTaps, n + seed % 5}, seed);
          test.Check(kernel);
        }
      }
    }
  });
}

EDGEC_TEST_EACH_ISA(igemm_f32_nan_stays_nan_in_its_row) {
  ForKernels(IgemmF32Kernels(), isa, [](const Entry& kernel) {
    IgemmCase test;
    test.Fill({kernel.mr, 17, 3, 1, 17}, 1);
    test.a[2] = std::numeric_limits<float>::quiet_NaN();
    std::vector<float> c(kernel.mr * 17);
    test.Run(kernel, c.data());
    for (size_t j = 0; j < 17; ++j) EDGEC_CHECK(std::isnan(c[j]));
    for (size_t j = 17; j < c.size(); ++j) EDGEC_CHECK(!std::isnan(c[j]));
  });
}

}  // namespace
}  // namespace edgec_test
