#include "kernels/reduce/reduce_table.h"
#include "row_values.h"

namespace {

using namespace edgec_test;

constexpr size_t kLengths[] = {1, 2, 3, 7, 8, 9, 15, 16, 17, 255, 256, 257, 264, 500, 513, 5000};

EDGEC_TEST_EACH_ISA(SumRowS8IsTheSum) {
  ForKernels(edgec::SumRowS8Kernels(), isa, [](const auto& kernel) {
    Random random(13);
    for (const size_t n : kLengths) {
      for (const Fill8 fill : kFills8) {
        Guarded<int8_t> x(n);
        FillRow(random, fill, n, x.data());
        int64_t sum = 0;
        for (const int8_t value : x) sum += value;
        EDGEC_CHECK_EQ(kernel.run(n, x.data()), sum);
      }
    }
  });
}

EDGEC_TEST_EACH_ISA(SumRowF32IsTheSameBitsAsThePortableAndCloseToTheSum) {
  ForKernels(edgec::SumRowF32Kernels(), isa, [](const auto& kernel) {
    const auto& portable = *(edgec::SumRowF32Kernels().end() - 1);
    Random random(14);
    for (const size_t n : kLengths) {
      Describe("%s n %zu", kernel.name, n);
      Guarded<float> x(n);
      FillRow(random, -1.0f, 3.0f, n, x.data());
      double sum = 0.0;
      for (const float value : x) sum += value;
      const float found = kernel.run(n, x.data());
      EDGEC_CHECK(SameFloat(found, portable.run(n, x.data())));
      EDGEC_CHECK(IsClose(found, sum, 2e-6, 1e-6));
    }
  });
}

EDGEC_TEST_EACH_ISA(MaxRowF32FindsTheGreatestAtEachPlace) {
  ForKernels(edgec::MaxRowF32Kernels(), isa, [](const auto& kernel) {
    for (size_t n = 1; n <= 40; ++n) {
      for (size_t place = 0; place < n; ++place) {
        Guarded<float> x(n);
        for (size_t i = 0; i < n; ++i) x[i] = -10.0f - static_cast<float>(i % 5);
        x[place] = -1.0f;
        EDGEC_CHECK_EQ(kernel.run(n, x.data()), -1.0f);
        x[place] = std::nanf("");
        EDGEC_CHECK(std::isnan(kernel.run(n, x.data())));
      }
    }
  });
}

}  // namespace
