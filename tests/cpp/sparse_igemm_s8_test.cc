// Every sparse_igemm_s8 kernel against a naive loop over dense weights: the same bytes for every
// size and pattern of blocks, at the edge of a page, and for extreme values.
#include <memory>

#include "kernel_test.h"
#include "kernels/sparse_igemm_s8/sparse_igemm_s8_table.h"
#include "sparse_blocks.h"

namespace edgec_test {
namespace {

using edgec::SparseIgemmS8Kernel;
using edgec::SparseIgemmS8Kernels;
using edgec::SparseIgemmS8Params;
using edgec::SparseS8Weights;
using Entry = edgec::KernelEntry<SparseIgemmS8Kernel>;

constexpr size_t kMostM = 16, kMostN = 64, kMostDepth = 4096;
constexpr int32_t kZeroPoint = -7, kQmin = -120, kQmax = 101;
constexpr int8_t kUntouched = 99;

struct Size {
  size_t columns, m, n, k, taps, c_stride;
};

// Which blocks are kept, of 8: by chance, with whole groups and taps that are empty.
struct Pattern {
  int32_t eighths;
  bool empty_groups;
};

class SparseCase {
 public:
  SparseCase() {
    for (size_t i = 0; i < kMostM; ++i) rows_.emplace_back(new Guarded<int8_t>(kMostDepth));
  }

  // Values that a test may change between Fill and Check.
  std::vector<int8_t> a, b;  // a[row][tap][depth], b[column][tap][depth]
  std::vector<int32_t> bias;
  std::vector<float> mult;

  void Fill(const Size& size, Pattern pattern, uint64_t seed) {
    size_ = size;
    Random random(seed);
    a.resize(size.m * Depth());
    b.resize(size.n * Depth());
    bias.resize(size.n);
    mult.resize(size.n);
    kept_.resize((size.n + size.columns - 1) / size.columns * size.taps * (size.k / 4));
    for (int8_t& value : a) value = static_cast<int8_t>(random.Within(-128, 127));
    for (int8_t& value : b) value = static_cast<int8_t>(random.Within(-127, 127));
    for (int32_t& value : bias) value = random.Within(-100000, 100000);
    for (float& value : mult) value = static_cast<float>(random.Within(1, 4000)) * 1e-6f;
    for (size_t i = 0; i < kept_.size(); ++i) {
      const bool empty = pattern.empty_groups && i / (size.k / 4) % 3 == seed % 3;
      kept_[i] = !empty && random.Within(0, 7) < pattern.eighths;
    }
  }

  // Keeps the block of the first column group and tap at that place.
  void Keep(size_t at) { kept_[at] = true; }

  void Check(const Entry& kernel) {
    Describe("%s columns=%zu m=%zu n=%zu k=%zu taps=%zu", kernel.name, size_.columns, size_.m,
             size_.n, size_.k, size_.taps);
    const size_t c_count = (size_.m - 1) * size_.c_stride + size_.n;
    int8_t* c = Tail(c_, c_count);
    std::fill_n(c, c_count, kUntouched);
    Run(kernel, c);
    for (size_t i = 0; i < size_.m; ++i) {
      for (size_t j = 0; j < size_.n; ++j) EDGEC_CHECK_EQ(c[i * size_.c_stride + j], Want(i, j));
      if (i + 1 == size_.m) break;
      for (size_t j = size_.n; j < size_.c_stride; ++j) {
        EDGEC_CHECK_EQ(c[i * size_.c_stride + j], kUntouched);
      }
    }
  }

 private:
  size_t Depth() const { return size_.taps * size_.k; }

  bool Kept(size_t group, size_t tap, size_t block) const {
    return kept_[(group * size_.taps + tap) * (size_.k / 4) + block];
  }

  int32_t Weight(size_t j, size_t depth) const {
    const size_t tap = depth / size_.k, block = depth % size_.k / 4;
    return Kept(j / size_.columns, tap, block) ? b[j * Depth() + depth] : 0;
  }

  int8_t Want(size_t i, size_t j) const {
    int64_t sum = bias[j];
    for (size_t p = 0; p < Depth(); ++p) sum += a[i * Depth() + p] * Weight(j, p);
    return Requant(Wrap(sum), mult[j], kZeroPoint, kQmin, kQmax);
  }

  // Taps lie in a row in reverse order, the last one of a row before a guard page.
  void Run(const Entry& kernel, int8_t* c) {
    const int8_t* pointers[kMostM];
    for (size_t i = 0; i < size_.m; ++i) {
      int8_t* row = Tail(*rows_[i], Depth());
      for (size_t p = 0; p < Depth(); ++p) {
        const size_t tap = p / size_.k;
        row[(size_.taps - 1 - tap) * size_.k + p % size_.k] =
            static_cast<int8_t>(a[i * Depth() + p] + kernel.a_offset);
      }
      pointers[i] = row;
    }
    std::vector<ptrdiff_t> taps(size_.taps);
    for (size_t t = 0; t < size_.taps; ++t) {
      taps[t] = static_cast<ptrdiff_t>((size_.taps - 1 - t) * size_.k);
    }
    const SparseIgemmS8Params params = PadParams(kernel);
    const SparseS8Weights weights = Pack();
    kernel.run(size_.m, size_.n, size_.taps, pointers, taps.data(), &weights, c, size_.c_stride,
               &params);
  }

  SparseIgemmS8Params PadParams(const Entry& kernel) {
    const size_t padded = Padded(size_.n);
    int32_t* packed_bias = Tail(bias_, padded);
    float* packed_mult = Tail(mult_, padded);
    std::fill_n(packed_bias, padded, 0);
    std::fill_n(packed_mult, padded, 0.0f);
    for (size_t j = 0; j < size_.n; ++j) {
      int64_t sum = 0;
      for (size_t p = 0; p < Depth(); ++p) sum += Weight(j, p);
      packed_mult[j] = mult[j];
      packed_bias[j] = Wrap(int64_t{bias[j]} - int64_t{kernel.a_offset} * sum);
    }
    return {packed_bias, edgec::MakeRequantS8(packed_mult, kZeroPoint, kQmin, kQmax)};
  }

  SparseS8Weights Pack() {
    const SparseBlocks made = MakeSparseBlocks(
        size_.columns, size_.n, size_.taps, size_.k,
        [this](size_t j, size_t t, size_t p) { return b[j * Depth() + t * size_.k + p]; },
        [this](size_t group, size_t t, size_t at) { return Kept(group, t, at); });
    int8_t* blocks = Tail(blocks_, made.blocks.size());
    uint32_t* counts = Tail(counts_, made.counts.size());
    uint8_t* deltas = Tail(deltas_, made.deltas.size());
    std::copy(made.blocks.begin(), made.blocks.end(), blocks);
    std::copy(made.counts.begin(), made.counts.end(), counts);
    std::copy(made.deltas.begin(), made.deltas.end(), deltas);
    return {size_.columns, blocks, counts, deltas};
  }

  Size size_{};
  std::vector<bool> kept_;
  std::vector<std::unique_ptr<Guarded<int8_t>>> rows_;
  Guarded<int8_t> blocks_{kMostN * kMostDepth};
  Guarded<uint32_t> counts_{kMostN * 9};
  Guarded<uint8_t> deltas_{kMostN * kMostDepth};
  Guarded<int32_t> bias_{kMostN};
  Guarded<float> mult_{kMostN};
  Guarded<int8_t> c_{kMostM * (kMostN + 8)};
};

// `body(kernel, columns)` for each kernel and each width that it takes.
template <class Body>
void ForWidths(edgec::Isa isa, Body body) {
  ForKernels(SparseIgemmS8Kernels(), isa, [&body](const Entry& kernel) {
    for (const size_t columns : {4, 8, 16}) {
      if (kernel.Takes(columns)) body(kernel, columns);
    }
  });
}

EDGEC_TEST_EACH_ISA(sparse_igemm_s8_every_tail_gives_the_reference_bytes) {
  ForWidths(isa, [](const Entry& kernel, size_t columns) {
    SparseCase test;
    size_t seed = 0;
    for (size_t m = 1; m <= kernel.mr; ++m) {
      for (size_t n = 1; n <= 2 * 16 + 1; ++n) {
        for (size_t k = 4; k <= 24; k += 4, ++seed) {
          const int32_t eighths = static_cast<int32_t>(seed % 9);
          test.Fill({columns, m, n, k, 1 + seed % 3, n + seed % 5}, {eighths, seed % 4 == 1}, seed);
          test.Check(kernel);
        }
      }
    }
  });
}

EDGEC_TEST_EACH_ISA(sparse_igemm_s8_every_number_of_taps_gives_the_reference_bytes) {
  ForWidths(isa, [](const Entry& kernel, size_t columns) {
    SparseCase test;
    for (size_t taps = 1; taps <= 9; ++taps) {
      for (size_t k = 4; k <= 40; k += 12) {
        test.Fill({columns, kernel.mr, 19, k, taps, 24}, {4, taps % 2 == 0}, taps * 100 + k);
        test.Check(kernel);
      }
    }
  });
}

EDGEC_TEST_EACH_ISA(sparse_igemm_s8_gaps_of_more_than_255_blocks_are_bridged) {
  ForWidths(isa, [](const Entry& kernel, size_t columns) {
    SparseCase test;
    for (uint64_t seed = 0; seed < 4; ++seed) {
      test.Fill({columns, kernel.mr, 9, 4096, 1, 9}, {0, false}, seed);
      for (const size_t at : {static_cast<size_t>(255 + seed), size_t{256}, size_t{1023}})
        test.Keep(at);
      test.Check(kernel);
    }
  });
}

EDGEC_TEST_EACH_ISA(sparse_igemm_s8_all_blocks_and_no_block_give_the_reference_bytes) {
  ForWidths(isa, [](const Entry& kernel, size_t columns) {
    SparseCase test;
    for (const int32_t eighths : {0, 8}) {
      test.Fill({columns, kernel.mr, 33, 64, 3, 33}, {eighths, false}, 5);
      test.Check(kernel);
    }
  });
}

// The largest products: two of them just fit int16.
EDGEC_TEST_EACH_ISA(sparse_igemm_s8_extreme_values_are_exact) {
  ForWidths(isa, [](const Entry& kernel, size_t columns) {
    SparseCase test;
    for (const int8_t a : {-128, -127, 127}) {
      for (const int8_t b : {-127, 127}) {
        test.Fill({columns, kernel.mr, 33, 64, 9, 33}, {8, false}, 2);
        std::fill(test.a.begin(), test.a.end(), a);
        std::fill(test.b.begin(), test.b.end(), b);
        std::fill(test.mult.begin(), test.mult.end(), 1e-5f);
        test.Check(kernel);
      }
    }
  });
}

EDGEC_TEST_EACH_ISA(sparse_igemm_s8_accumulators_at_the_ends_of_int32_are_exact) {
  ForWidths(isa, [](const Entry& kernel, size_t columns) {
    SparseCase test;
    for (int32_t bias : {INT32_MAX, INT32_MAX - 64, INT32_MIN, INT32_MIN + 64, 0x7FFFFF80}) {
      for (float mult : {4.6e-8f, 1e-9f, 3.0e4f, 1e-38f, 0.0f}) {
        test.Fill({columns, kernel.mr, 17, 8, 2, 17}, {5, false}, 3);
        std::fill(test.bias.begin(), test.bias.end(), bias);
        std::fill(test.mult.begin(), test.mult.end(), mult);
        test.Check(kernel);
      }
    }
  });
}

EDGEC_TEST_EACH_ISA(sparse_igemm_s8_ties_round_to_even) {
  ForWidths(isa, [](const Entry& kernel, size_t columns) {
    SparseCase test;
    test.Fill({columns, kernel.mr, 64, 4, 1, 64}, {8, false}, 1);
    std::fill(test.a.begin(), test.a.end(), int8_t{0});
    std::fill(test.mult.begin(), test.mult.end(), 0.5f);
    for (size_t j = 0; j < 64; ++j) test.bias[j] = static_cast<int32_t>(j) * 2 - 63;
    test.Check(kernel);
  });
}

EDGEC_TEST(sparse_igemm_s8_every_width_has_a_kernel_on_every_cpu) {
  using edgec::Isa;
  const edgec::IsaSet all = edgec::IsaSet::Detect();
  for (const size_t columns : {4, 8, 16}) {
    const auto portable = all.LimitedTo(Isa::kPortable);
    EDGEC_CHECK(edgec::BestSparseIgemmS8(portable, columns).isa == Isa::kPortable);
    EDGEC_CHECK(edgec::BestSparseIgemmS8(all, columns).Takes(columns));
    for (const Isa isa : {Isa::kAvx2, Isa::kNeondot, Isa::kNeon}) {
      if (!all.Has(isa)) continue;
      EDGEC_CHECK(edgec::BestSparseIgemmS8(all.LimitedTo(isa), columns).isa == isa);
    }
  }
}

}  // namespace
}  // namespace edgec_test
