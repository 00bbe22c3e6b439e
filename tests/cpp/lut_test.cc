#include "kernels/lut/lut_table.h"
#include "row_values.h"

namespace {

using namespace edgec_test;

EDGEC_TEST_EACH_ISA(LutS8FindsEachEntryAtEachPlace) {
  ForKernels(edgec::LutS8Kernels(), isa, [](const auto& kernel) {
    Random random(7);
    Guarded<int8_t> table(256);
    FillRow(random, Fill8::kRandom, 256, table.data());
    for (size_t n = 1; n <= 600; n += n < 70 ? 1 : 97) {
      Guarded<int8_t> x(n), out(n);
      for (size_t shift = 0; shift < 256; shift += n < 256 ? 51 : 1) {
        for (size_t i = 0; i < n; ++i) x[i] = static_cast<int8_t>(i + shift);
        kernel.run(n, x.data(), table.data(), out.data());
        for (size_t i = 0; i < n; ++i) {
          Describe("%s n %zu at %zu: x is %d", kernel.name, n, i, x[i]);
          EDGEC_CHECK_EQ(out[i], table[static_cast<size_t>(x[i] + 128)]);
        }
      }
    }
  });
}

EDGEC_TEST_EACH_ISA(LutS8OfTheEndsIsTheEndsOfTheTable) {
  ForKernels(edgec::LutS8Kernels(), isa, [](const auto& kernel) {
    Random random(8);
    Guarded<int8_t> table(256);
    for (size_t i = 0; i < 256; ++i) table[i] = static_cast<int8_t>(i - 128);
    for (const Fill8 fill : kFills8) {
      Guarded<int8_t> x(49), out(49);
      FillRow(random, fill, 49, x.data());
      kernel.run(49, x.data(), table.data(), out.data());
      for (size_t i = 0; i < 49; ++i) EDGEC_CHECK_EQ(out[i], x[i]);
    }
  });
}

}  // namespace
