// Every pack_b kernel against the definition of the layouts in edgec/format/spec.md, at the edge of
// a page.
#include "kernel_test.h"
#include "kernels/pack_b/pack_b_table.h"

namespace edgec_test {
namespace {

using edgec::PackBF32Kernel;
using edgec::PackBS8Kernel;

constexpr size_t kMostN = 48, kMostK = 48;

struct Size {
  size_t n, k, b_stride;
  bool transposed;  // b is [n][k]
  size_t b_count() const { return ((transposed ? n : k) - 1) * b_stride + (transposed ? k : n); }
  size_t At(size_t p, size_t j) const { return transposed ? j * b_stride + p : p * b_stride + j; }
};

template <class Body>
void ForSizes(bool transposed, Body body) {
  for (size_t n = 1; n <= 2 * 16 + 1; ++n) {
    for (size_t k = 1; k <= 36; k += k < 20 ? 1 : 8) {
      const size_t row = transposed ? k : n;
      for (size_t b_stride : {row, row + 3}) body(Size{n, k, b_stride, transposed});
    }
  }
}

class PackS8Case {
 public:
  void Check(const edgec::KernelEntry<PackBS8Kernel>& kernel, const Size& size) {
    Describe("%s n=%zu k=%zu stride=%zu", kernel.name, size.n, size.k, size.b_stride);
    int8_t* b = Tail(b_, size.b_count());
    Random random(size.n * 100 + size.k);
    std::generate_n(b, size.b_count(),
                    [&] { return static_cast<int8_t>(random.Within(-128, 127)); });
    const size_t depth = (size.k + 3) / 4 * 4;
    int8_t* w = Tail(w_, Padded(size.n) * depth);
    int32_t* sums = Tail(sums_, Padded(size.n));
    std::fill_n(w, Padded(size.n) * depth, int8_t{77});
    std::fill_n(sums, Padded(size.n), 77);
    kernel.run(size.n, size.k, b, size.b_stride, w, sums);
    for (size_t j = 0; j < Padded(size.n); ++j) {
      int32_t sum = 0;
      for (size_t p = 0; p < depth; ++p) {
        const int8_t want = j < size.n && p < size.k ? b[size.At(p, j)] : int8_t{0};
        EDGEC_CHECK_EQ(w[(j / 16 * (depth / 4) + p / 4) * 64 + j % 16 * 4 + p % 4], want);
        sum += want;
      }
      EDGEC_CHECK_EQ(sums[j], sum);
    }
  }

 private:
  Guarded<int8_t> b_{kMostN * (kMostK + kMostN)};
  Guarded<int8_t> w_{kMostN * kMostK};
  Guarded<int32_t> sums_{kMostN};
};

class PackF32Case {
 public:
  void Check(const edgec::KernelEntry<PackBF32Kernel>& kernel, const Size& size) {
    Describe("%s n=%zu k=%zu stride=%zu", kernel.name, size.n, size.k, size.b_stride);
    float* b = Tail(b_, size.b_count());
    Random random(size.n * 100 + size.k);
    std::generate_n(b, size.b_count(), [&] { return random.Real(); });
    float* w = Tail(w_, Padded(size.n) * size.k);
    std::fill_n(w, Padded(size.n) * size.k, 77.0f);
    kernel.run(size.n, size.k, b, size.b_stride, w);
    for (size_t j = 0; j < Padded(size.n); ++j) {
      for (size_t p = 0; p < size.k; ++p) {
        const float want = j < size.n ? b[size.At(p, j)] : 0.0f;
        EDGEC_CHECK_EQ(w[(j / 16 * size.k + p) * 16 + j % 16], want);
      }
    }
  }

 private:
  Guarded<float> b_{kMostN * (kMostK + kMostN)};
  Guarded<float> w_{kMostN * kMostK};
};

EDGEC_TEST_EACH_ISA(pack_b_kn_s8_gives_the_layout_and_the_sums) {
  ForKernels(edgec::PackBKnS8Kernels(), isa, [](const auto& kernel) {
    PackS8Case test;
    ForSizes(false, [&](const Size& size) { test.Check(kernel, size); });
  });
}

EDGEC_TEST_EACH_ISA(pack_b_nk_s8_gives_the_layout_and_the_sums) {
  ForKernels(edgec::PackBNkS8Kernels(), isa, [](const auto& kernel) {
    PackS8Case test;
    ForSizes(true, [&](const Size& size) { test.Check(kernel, size); });
  });
}

EDGEC_TEST_EACH_ISA(pack_b_kn_f32_gives_the_layout) {
  ForKernels(edgec::PackBKnF32Kernels(), isa, [](const auto& kernel) {
    PackF32Case test;
    ForSizes(false, [&](const Size& size) { test.Check(kernel, size); });
  });
}

EDGEC_TEST_EACH_ISA(pack_b_nk_f32_gives_the_layout) {
  ForKernels(edgec::PackBNkF32Kernels(), isa, [](const auto& kernel) {
    PackF32Case test;
    ForSizes(true, [&](const Size& size) { test.Check(kernel, size); });
  });
}

}  // namespace
}  // namespace edgec_test
