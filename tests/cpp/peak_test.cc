#include "kernel_test.h"
#include "kernels/peak/peak_table.h"

namespace {

using namespace edgec_test;

constexpr size_t kRounds[] = {1, 2, 63, 1000};

template <class T>
struct alignas(64) Sink {
  T values[edgec::kPeakSink];
};

EDGEC_TEST_EACH_ISA(PeakS8DoesTheProductsItReports) {
  ForKernels(edgec::PeakS8Kernels(), isa, [](const auto& kernel) {
    for (const size_t rounds : kRounds) {
      Sink<int32_t> sink;
      const uint64_t macs = kernel.run(rounds, sink.values);
      uint64_t sum = 0;
      for (const int32_t value : sink.values) sum += static_cast<uint64_t>(value);
      Describe("%s %zu rounds", kernel.name, rounds);
      EDGEC_CHECK(macs > 0);
      EDGEC_CHECK_EQ(sum, macs);
      EDGEC_CHECK_EQ(macs % rounds, uint64_t{0});
    }
  });
}

EDGEC_TEST_EACH_ISA(PeakF32DoesTheProductsItReports) {
  ForKernels(edgec::PeakF32Kernels(), isa, [](const auto& kernel) {
    for (const size_t rounds : kRounds) {
      Sink<float> sink;
      const uint64_t macs = kernel.run(rounds, sink.values);
      double sum = 0;
      for (const float value : sink.values) sum += static_cast<double>(value);
      Describe("%s %zu rounds", kernel.name, rounds);
      EDGEC_CHECK(macs > 0);
      EDGEC_CHECK_EQ(sum, static_cast<double>(macs));
    }
  });
}

EDGEC_TEST_EACH_ISA(ReadTakesEveryWordAndNoneBeyond) {
  ForKernels(edgec::ReadKernels(), isa, [](const auto& kernel) {
    Random random(11);
    for (size_t steps = 1; steps <= 9; ++steps) {
      Guarded<uint32_t> data(steps * edgec::kReadStep / 4);
      uint32_t expected = 0;
      for (size_t i = 0; i < steps * edgec::kReadStep / 4; ++i) {
        data[i] = random.Next();
        expected ^= data[i];
      }
      Sink<uint32_t> sink;
      kernel.run(data.data(), steps * edgec::kReadStep, sink.values);
      uint32_t found = 0;
      for (const uint32_t value : sink.values) found ^= value;
      Describe("%s %zu steps", kernel.name, steps);
      EDGEC_CHECK_EQ(found, expected);
    }
  });
}

}  // namespace
