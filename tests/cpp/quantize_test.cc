#include <limits>

#include "kernels/quantize/quantize_table.h"
#include "row_values.h"

namespace {

using namespace edgec_test;

void CheckQuantize(const edgec::KernelEntry<edgec::QuantizeF32S8Kernel>& kernel, size_t n,
                   float scale, int32_t zp, const std::vector<float>& values) {
  Guarded<float> x(n);
  Guarded<int8_t> out(n);
  for (size_t i = 0; i < n; ++i) x[i] = values[i % values.size()];
  kernel.run(n, x.data(), scale, edgec::MakeS8Range(zp, -128, 127), out.data());
  for (size_t i = 0; i < n; ++i) {
    Describe("%s n %zu at %zu: %.9g / %.9g zp %d", kernel.name, n, i, x[i], scale, zp);
    EDGEC_CHECK_EQ(out[i], RoundToInt8(x[i] / scale, zp, -128, 127));
  }
}

EDGEC_TEST_EACH_ISA(QuantizeRoundsHalfToEven) {
  ForKernels(edgec::QuantizeF32S8Kernels(), isa, [](const auto& kernel) {
    std::vector<float> halves;
    for (int i = -600; i <= 600; ++i) halves.push_back(static_cast<float>(i) * 0.25f);
    CheckQuantize(kernel, halves.size(), 0.5f, 0, halves);
    CheckQuantize(kernel, halves.size(), 0.5f, -128, halves);
    CheckQuantize(kernel, halves.size(), 0.5f, 127, halves);
  });
}

EDGEC_TEST_EACH_ISA(QuantizeOfNanIsTheZeroPointAndInfinitiesAreTheEnds) {
  ForKernels(edgec::QuantizeF32S8Kernels(), isa, [](const auto& kernel) {
    constexpr float kInf = std::numeric_limits<float>::infinity();
    const float nan = std::nanf("");
    const float most = std::numeric_limits<float>::max();
    const float tiny = std::numeric_limits<float>::denorm_min();
    for (size_t n = 1; n <= 20; ++n) {
      CheckQuantize(kernel, n, 0.1f, 7,
                    {nan, kInf, -kInf, -nan, most, -most, tiny, -tiny, -0.0f, 0.05f, -0.15f});
      CheckQuantize(kernel, n, 1e-30f, -5, {most, -most, tiny, -0.0f, nan, 1e-30f, 1e-29f});
    }
  });
}

// Where a product with 1 / scale, rounded, would fall on the other side of a half.
EDGEC_TEST_EACH_ISA(QuantizeDividesNextToTheHalvesOfAnyScale) {
  ForKernels(edgec::QuantizeF32S8Kernels(), isa, [](const auto& kernel) {
    Random random(27);
    for (int round = 0; round < 60; ++round) {
      // Of ordinary size, and about 2^-80 and 2^80, where kernels change their way.
      const float scale = std::ldexp(Between(random, 0.5f, 1.0f), (round % 5 - 2) * 40 + round % 2);
      std::vector<float> values;
      for (int i = -128; i < 128; ++i) {
        const float half = (static_cast<float>(i) + 0.5f) * scale;
        values.insert(values.end(),
                      {std::nextafter(half, -1.0f), half, std::nextafter(half, 1.0f)});
      }
      CheckQuantize(kernel, values.size(), scale, 0, values);
    }
  });
}

EDGEC_TEST_EACH_ISA(QuantizeOfRandomValuesIsTheReference) {
  ForKernels(edgec::QuantizeF32S8Kernels(), isa, [](const auto& kernel) {
    Random random(1);
    for (size_t n = 1; n <= 70; ++n) {
      std::vector<float> values(n);
      FillRow(random, -4.0f, 4.0f, n, values.data());
      CheckQuantize(kernel, n, Between(random, 0.001f, 0.05f), random.Within(-128, 127), values);
    }
  });
}

EDGEC_TEST_EACH_ISA(DequantizeIsTheReferenceForEachValue) {
  ForKernels(edgec::DequantizeS8F32Kernels(), isa, [](const auto& kernel) {
    Random random(2);
    for (size_t n = 1; n <= 300; n += n < 40 ? 1 : 37) {
      const float scale = Between(random, 0.0001f, 2.0f);
      const int32_t zp = random.Within(-128, 127);
      Guarded<int8_t> x(n);
      Guarded<float> out(n);
      for (size_t i = 0; i < n; ++i) x[i] = static_cast<int8_t>(i);
      kernel.run(n, x.data(), scale, zp, out.data());
      for (size_t i = 0; i < n; ++i) {
        Describe("%s n %zu at %zu", kernel.name, n, i);
        EDGEC_CHECK_EQ(out[i], static_cast<float>(x[i] - zp) * scale);
      }
    }
  });
}

}  // namespace
