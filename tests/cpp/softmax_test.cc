#include <limits>

#include "kernels/softmax/softmax_table.h"
#include "row_values.h"

namespace {

using namespace edgec_test;

// Word for word edgec/format/spec.md, softmax_s8.
void CheckSoftmaxS8(const edgec::KernelEntry<edgec::SoftmaxS8Kernel>& kernel,
                    const std::vector<int8_t>& row, const std::vector<uint32_t>& lut, int32_t zp) {
  const size_t n = row.size();
  Guarded<int8_t> x(n), out(n);
  std::copy(row.begin(), row.end(), x.begin());
  const float inv_scale = 256.0f;
  kernel.run(n, x.data(), {lut.data(), inv_scale, edgec::MakeS8Range(zp, -128, 127)}, out.data());
  const int most = *std::max_element(row.begin(), row.end());
  uint64_t sum = 0;
  for (const int8_t q : row) sum += lut[static_cast<size_t>(most - q)];
  const float factor = inv_scale / static_cast<float>(sum);
  for (size_t i = 0; i < n; ++i) {
    Describe("%s n %zu at %zu", kernel.name, n, i);
    const float real = static_cast<float>(lut[static_cast<size_t>(most - row[i])]) * factor;
    EDGEC_CHECK_EQ(out[i], RoundToInt8(real, zp, -128, 127));
  }
}

std::vector<uint32_t> ExpTable(double scale) {
  std::vector<uint32_t> lut(256);
  for (size_t i = 0; i < 256; ++i) {
    lut[i] =
        static_cast<uint32_t>(std::lrint(std::exp(-scale * static_cast<double>(i)) * 8388607.0));
  }
  return lut;
}

EDGEC_TEST_EACH_ISA(SoftmaxS8IsTheReference) {
  ForKernels(edgec::SoftmaxS8Kernels(), isa, [](const auto& kernel) {
    Random random(15);
    for (const double scale : {0.01, 0.1, 1.0}) {
      for (size_t n = 1; n <= 300; n += n < 20 ? 1 : 70) {
        for (const Fill8 fill : kFills8) {
          std::vector<int8_t> row(n);
          FillRow(random, fill, n, row.data());
          CheckSoftmaxS8(kernel, row, ExpTable(scale), -128);
        }
      }
    }
  });
}

// Kernels keep rows of up to a limit in a buffer.
EDGEC_TEST_EACH_ISA(SoftmaxS8OfLongRowsIsTheReference) {
  ForKernels(edgec::SoftmaxS8Kernels(), isa, [](const auto& kernel) {
    Random random(25);
    for (const size_t n : {1023, 1024, 1025, 2048, 2100, 4097}) {
      std::vector<int8_t> row(n);
      FillRow(random, Fill8::kRandom, n, row.data());
      CheckSoftmaxS8(kernel, row, ExpTable(0.002), -128);
    }
  });
}

EDGEC_TEST_EACH_ISA(SoftmaxS8OfSumsBeyond32BitsAndOfZeroIsTheReference) {
  ForKernels(edgec::SoftmaxS8Kernels(), isa, [](const auto& kernel) {
    const std::vector<int8_t> row = {-128, 5, 127, 0, 0, 3, 9};
    CheckSoftmaxS8(kernel, row, std::vector<uint32_t>(256, 0xFFFFFFFFu), 3);
    CheckSoftmaxS8(kernel, row, std::vector<uint32_t>(256, 0), -7);  // 0 · infinity counts as 0
  });
}

EDGEC_TEST_EACH_ISA(SoftmaxF32IsCloseToTheFunctionAndTheSameBitsAsThePortable) {
  ForKernels(edgec::SoftmaxF32Kernels(), isa, [](const auto& kernel) {
    const auto& portable = *(edgec::SoftmaxF32Kernels().end() - 1);
    Random random(16);
    for (size_t n = 1; n <= 1000; n += n < 40 ? 1 : 190) {
      Guarded<float> x(n), out(n), reference(n);
      FillRow(random, -10.0f, 20.0f, n, x.data());
      kernel.run(n, x.data(), out.data());
      portable.run(n, x.data(), reference.data());
      double most = -1e30, sum = 0.0;
      for (const float value : x) most = std::max<double>(most, value);
      for (const float value : x) sum += std::exp(value - most);
      for (size_t i = 0; i < n; ++i) {
        Describe("%s n %zu at %zu", kernel.name, n, i);
        EDGEC_CHECK(SameFloat(out[i], reference[i]));
        EDGEC_CHECK(IsClose(out[i], std::exp(x[i] - most) / sum, 1e-5, 1e-30));
      }
    }
  });
}

EDGEC_TEST_EACH_ISA(SoftmaxF32OfHugeValuesIsFinite) {
  ForKernels(edgec::SoftmaxF32Kernels(), isa, [](const auto& kernel) {
    const float x[] = {3e38f, 1.0f, -std::numeric_limits<float>::infinity(), 3e38f};
    float out[4];
    kernel.run(4, x, out);
    EDGEC_CHECK_EQ(out[0], 0.5f);
    EDGEC_CHECK_EQ(out[1], 0.0f);
    EDGEC_CHECK_EQ(out[2], 0.0f);
    EDGEC_CHECK_EQ(out[3], 0.5f);
  });
}

}  // namespace
