#include "kernels/layer_norm/layer_norm_table.h"
#include "row_values.h"

namespace {

using namespace edgec_test;

// Word for word edgec/format/spec.md, layer_norm_s8.
void CheckLayerNormS8(const edgec::KernelEntry<edgec::LayerNormS8Kernel>& kernel,
                      const Guarded<int8_t>& x, const Guarded<float>& gamma,
                      const Guarded<float>& beta, float eps_q) {
  const size_t n = x.size();
  const int32_t zp = -11, qmin = -120, qmax = 119;
  Guarded<int8_t> out(n);
  kernel.run(n, x.data(), {gamma.data(), beta.data(), eps_q, edgec::MakeS8Range(zp, qmin, qmax)},
             out.data());
  int64_t s1 = 0, s2 = 0;
  for (size_t i = 0; i < n; ++i) s1 += x[i], s2 += x[i] * x[i];
  const int64_t count = static_cast<int64_t>(n);
  const double count_f64 = static_cast<double>(n);
  const double v =
      static_cast<double>(count * s2 - s1 * s1) + double{eps_q} * count_f64 * count_f64;
  const float r = v == 0.0 ? 0.0f : static_cast<float>(1.0 / std::sqrt(v));
  for (size_t i = 0; i < n; ++i) {
    Describe("%s n %zu at %zu eps_q %g", kernel.name, n, i, eps_q);
    const float centered = static_cast<float>(count * x[i] - s1);
    const float normal = centered * r;
    const float scaled = normal * gamma[i];
    EDGEC_CHECK_EQ(out[i], RoundToInt8(scaled + beta[i], zp, qmin, qmax));
  }
}

EDGEC_TEST_EACH_ISA(LayerNormS8IsTheReference) {
  ForKernels(edgec::LayerNormS8Kernels(), isa, [](const auto& kernel) {
    Random random(17);
    for (size_t n = 1; n <= 800; n += n < 35 ? 1 : 191) {
      Guarded<int8_t> x(n);
      Guarded<float> gamma(n), beta(n);
      FillRow(random, -60.0f, 60.0f, n, gamma.data());
      FillRow(random, -20.0f, 20.0f, n, beta.data());
      for (const Fill8 fill : kFills8) {
        FillRow(random, fill, n, x.data());
        for (const float eps_q : {0.0f, 1e-6f, 0.4f}) {
          CheckLayerNormS8(kernel, x, gamma, beta, eps_q);
        }
      }
    }
  });
}

EDGEC_TEST_EACH_ISA(LayerNormS8OfLongRowsOfEndsIsTheReference) {
  ForKernels(edgec::LayerNormS8Kernels(), isa, [](const auto& kernel) {
    Random random(18);
    const size_t n =
        (8 << 17) + 5;  // 2^17 squares of 2^14 in a lane: beyond int32 if not cut into runs
    Guarded<int8_t> x(n);
    Guarded<float> gamma(n), beta(n);
    FillRow(random, Fill8::kLowest, n, x.data());
    x[n - 1] = 127;
    std::fill(gamma.begin(), gamma.end(), 40.0f);
    CheckLayerNormS8(kernel, x, gamma, beta, 0.01f);
  });
}

EDGEC_TEST_EACH_ISA(LayerNormS8WithNanOrInfiniteFactorsIsTheReference) {
  ForKernels(edgec::LayerNormS8Kernels(), isa, [](const auto& kernel) {
    Guarded<int8_t> x(9);
    Guarded<float> gamma(9), beta(9);
    for (size_t i = 0; i < 9; ++i) x[i] = static_cast<int8_t>(i * 7);
    gamma[0] = std::nanf(""), gamma[1] = HUGE_VALF, beta[1] = HUGE_VALF;
    gamma[8] = HUGE_VALF, beta[8] = -HUGE_VALF, gamma[4] = -HUGE_VALF;
    CheckLayerNormS8(kernel, x, gamma, beta, 0.1f);
  });
}

EDGEC_TEST_EACH_ISA(LayerNormF32IsCloseToTheFunctionAndTheSameBitsAsThePortable) {
  ForKernels(edgec::LayerNormF32Kernels(), isa, [](const auto& kernel) {
    const auto& portable = *(edgec::LayerNormF32Kernels().end() - 1);
    Random random(19);
    for (size_t n = 1; n <= 800; n += n < 35 ? 1 : 191) {
      Guarded<float> x(n), gamma(n), beta(n), out(n), reference(n);
      FillRow(random, -2.0f, 3.0f, n, x.data());
      FillRow(random, -2.0f, 2.0f, n, gamma.data());
      FillRow(random, -1.0f, 1.0f, n, beta.data());
      const float eps = 1e-5f;
      kernel.run(n, x.data(), {gamma.data(), beta.data(), eps}, out.data());
      portable.run(n, x.data(), {gamma.data(), beta.data(), eps}, reference.data());
      double mean = 0.0, variance = 0.0;
      for (const float value : x) mean += value / static_cast<double>(n);
      for (const float value : x)
        variance += (value - mean) * (value - mean) / static_cast<double>(n);
      for (size_t i = 0; i < n; ++i) {
        Describe("%s n %zu at %zu", kernel.name, n, i);
        EDGEC_CHECK(SameFloat(out[i], reference[i]));
        const double wanted = (x[i] - mean) / std::sqrt(variance + eps) * gamma[i] + beta[i];
        EDGEC_CHECK(IsClose(out[i], wanted, 1e-5, n < 4 ? 1e-4 : 1e-5));
      }
    }
  });
}

}  // namespace
