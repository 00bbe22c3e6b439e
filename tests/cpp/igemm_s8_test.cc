// Every igemm_s8 kernel against a naive loop over unpacked weights: the same bytes for every size,
// at the edge of a page, and for extreme values.
#include <memory>

#include "kernel_test.h"
#include "kernels/igemm_s8/igemm_s8_table.h"

namespace edgec {
IgemmS8Kernel igemm_s8_6x16c4_avxvnni_as_avx512vnni;
}

namespace edgec_test {
namespace {

using edgec::IgemmS8Kernel;
using edgec::IgemmS8Params;
using Entry = edgec::KernelEntry<IgemmS8Kernel>;

constexpr size_t kMostM = 48, kMostN = 112, kMostK = 160, kMostTaps = 9, kGap = 3;
constexpr int8_t kUntouched = 99;

struct Size {
  size_t m, n, k, taps, c_stride;
};

edgec::KernelTable<IgemmS8Kernel> Kernels() {
#if defined(__x86_64__)
  static const std::vector<Entry> all =
      With(edgec::IgemmS8Kernels(),
           Entry{edgec::Isa::kAvx512vnni, "igemm_s8_6x16c4_avxvnni_as_avx512vnni",
                 &edgec::igemm_s8_6x16c4_avxvnni_as_avx512vnni, 24, 1, 128});
  return {all.data(), all.size()};
#else
  return edgec::IgemmS8Kernels();
#endif
}
struct Clamp {
  int32_t zero_point, qmin, qmax;
};
// Kernels may have a shorter way for the whole of int8, and for a ReLU (the first of all).
constexpr Clamp kClamps[] = {{-128, -128, 127}, {-7, -128, 127}, {127, -128, 127}, {0, -3, 3}};

// Buffers for the largest case; smaller ones use their ends, next to the guard pages.
class IgemmCase {
 public:
  IgemmCase() {
    for (size_t i = 0; i < kMostM; ++i) {
      rows_.emplace_back(new Guarded<int8_t>(kMostTaps * (kMostK + kGap)));
    }
  }

  // Values that a test may change between Fill and Check.
  std::vector<int8_t> a, b;  // a[tap][row][depth], b[column][tap · depth]
  std::vector<int32_t> bias, row_offset;
  std::vector<float> mult;
  int32_t zero_point = -7, qmin = -120, qmax = 101;
  void SetClamp(const Clamp& clamp) {
    zero_point = clamp.zero_point, qmin = clamp.qmin, qmax = clamp.qmax;
  }
  bool fits_int16 = false;  // what the test says of the sums; true only where it holds

  void Fill(const Size& size, uint64_t seed) {
    size_ = size;
    Random random(seed);
    a.resize(size.taps * size.m * size.k);
    b.resize(size.n * size.taps * size.k);
    bias.resize(size.n);
    mult.resize(size.n);
    row_offset.assign(seed % 2 == 0 ? size.m : 0, 0);
    for (int8_t& value : a) value = static_cast<int8_t>(random.Within(-128, 127));
    for (int8_t& value : b) value = static_cast<int8_t>(random.Within(-128, 127));
    for (int32_t& value : bias) value = random.Within(-100000, 100000);
    for (int32_t& value : row_offset) value = random.Within(-100000, 100000);
    for (float& value : mult) value = static_cast<float>(random.Within(1, 4000)) * 1e-6f;
  }

  void Check(const Entry& kernel) {
    Describe("%s m=%zu n=%zu k=%zu taps=%zu", kernel.name, size_.m, size_.n, size_.k, size_.taps);
    for (int8_t& value : b) value = std::max(value, kernel.w_min);
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
  int32_t Acc(size_t i, size_t j) const {
    int64_t sum = int64_t{bias[j]} + (row_offset.empty() ? 0 : row_offset[i]);
    for (size_t t = 0; t < size_.taps; ++t) {
      for (size_t p = 0; p < size_.k; ++p) {
        sum += a[(t * size_.m + i) * size_.k + p] * b[(j * size_.taps + t) * size_.k + p];
      }
    }
    return Wrap(sum);
  }

  int8_t Want(size_t i, size_t j) const {
    return Requant(Acc(i, j), mult[j], zero_point, qmin, qmax);
  }

  void Run(const Entry& kernel, int8_t* c) {
    // Taps lie apart, the last at the end of memory.
    const int8_t* pointers[kMostM];
    ptrdiff_t tap[kMostTaps];
    for (size_t t = 0; t < size_.taps; ++t) tap[t] = static_cast<ptrdiff_t>(t * (size_.k + kGap));
    for (size_t i = 0; i < size_.m; ++i) {
      int8_t* row = Tail(*rows_[i], size_.taps * (size_.k + kGap) - kGap);
      for (size_t t = 0; t < size_.taps; ++t) {
        for (size_t p = 0; p < size_.k; ++p) {
          const int8_t value = a[(t * size_.m + i) * size_.k + p];
          row[t * (size_.k + kGap) + p] = static_cast<int8_t>(value + kernel.a_offset);
        }
      }
      pointers[i] = row;
    }
    const size_t padded = Padded(size_.n);
    int32_t* packed_bias = Tail(bias_, padded);
    float* packed_mult = Tail(mult_, padded);
    std::fill_n(packed_bias, padded, 0);
    std::fill_n(packed_mult, padded, 0.0f);
    for (size_t j = 0; j < size_.n; ++j) {
      packed_mult[j] = mult[j];
      packed_bias[j] = Wrap(int64_t{bias[j]} - int64_t{kernel.a_offset} * ColumnSum(j));
    }
    int32_t* offsets = Tail(row_offset_, size_.m);
    std::copy(row_offset.begin(), row_offset.end(), offsets);
    IgemmS8Params params{packed_bias, row_offset.empty() ? nullptr : offsets,
                         edgec::MakeRequantS8(packed_mult, zero_point, qmin, qmax)};
    params.requant.fits_int32 =
        std::all_of(mult.begin(), mult.end(), [](float m) { return std::abs(m) < 1.0f; });
    params.requant.unit_mult =
        std::all_of(mult.begin(), mult.end(), [](float m) { return m >= 0.0f && m < 1.0f; });
    params.requant.fits_int16 = fits_int16;
    kernel.run(size_.m, size_.n, size_.k, size_.taps, pointers, tap, Pack(), c, size_.c_stride,
               &params);
  }

  int64_t ColumnSum(size_t j) const {
    const size_t depth = size_.taps * size_.k;
    int64_t sum = 0;
    for (size_t p = 0; p < depth; ++p) sum += b[j * depth + p];
    return sum;
  }

  // s8_16c4 as edgec/format/spec.md defines it.
  const int8_t* Pack() {
    const size_t depth = size_.taps * size_.k;
    int8_t* w = Tail(w_, Padded(size_.n) * depth);
    std::fill_n(w, Padded(size_.n) * depth, int8_t{0});
    for (size_t column = 0; column < size_.n; ++column) {
      for (size_t p = 0; p < depth; ++p) {
        const size_t block = column / 16 * (depth / 4) + p / 4;
        w[block * 64 + column % 16 * 4 + p % 4] = b[column * depth + p];
      }
    }
    return w;
  }

  Size size_{};
  std::vector<std::unique_ptr<Guarded<int8_t>>> rows_;
  Guarded<int8_t> w_{kMostN * kMostK * kMostTaps};
  Guarded<int32_t> bias_{kMostN};
  Guarded<float> mult_{kMostN};
  Guarded<int32_t> row_offset_{kMostM};
  Guarded<int8_t> c_{kMostM * (kMostN + 8)};
};

EDGEC_TEST_EACH_ISA(igemm_s8_every_tail_gives_the_reference_bytes) {
  ForKernels(Kernels(), isa, [](const Entry& kernel) {
    IgemmCase test;
    size_t seed = 0;
    for (size_t m = 1; m <= kernel.mr; ++m) {
      for (size_t n = 1; n <= 2 * 16 + 1; ++n) {
        for (size_t k = 4; k <= 3 * 16 + 4; k += 4, ++seed) {
          test.Fill({m, n, k, 1 + seed % 3, n + seed % 5}, seed);
          test.Check(kernel);
        }
      }
    }
  });
}

// Kernels cut the columns into passes of several blocks, and the rows of a pass into tiles.
EDGEC_TEST_EACH_ISA(igemm_s8_every_cut_of_the_columns_gives_the_reference_bytes) {
  ForKernels(Kernels(), isa, [](const Entry& kernel) {
    IgemmCase test;
    for (size_t m = 1; m <= kernel.mr; ++m) {
      for (size_t block = 48; block <= kMostN; block += 16) {
        for (size_t n : {block - 15, block - 1, block}) {
          test.Fill({m, n, 8, 2, n + m % 3}, m + n);
          test.Check(kernel);
          test.Fill({m, n, 12 + m % 12 * 4, 1, n + m % 3}, m + n);  // shallow: one tap
          test.Check(kernel);
        }
      }
    }
  });
}

EDGEC_TEST_EACH_ISA(igemm_s8_every_number_of_taps_gives_the_reference_bytes) {
  ForKernels(Kernels(), isa, [](const Entry& kernel) {
    IgemmCase test;
    for (size_t taps = 1; taps <= kMostTaps; ++taps) {
      for (size_t k = 4; k <= 40; k += 4) {
        test.Fill({kernel.mr, 19, k, taps, 24}, taps * 100 + k);
        test.Check(kernel);
      }
    }
  });
}

// Kernels cut long depths into pieces, also within a tap, and keep sums in between.
EDGEC_TEST_EACH_ISA(igemm_s8_every_cut_of_the_depth_gives_the_reference_bytes) {
  ForKernels(Kernels(), isa, [](const Entry& kernel) {
    IgemmCase test;
    for (size_t m : {size_t{1}, std::min<size_t>(6, kernel.mr), kernel.mr}) {
      for (size_t n : {31, 81}) {
        for (size_t k : {28, 64, 124, 160}) {
          for (size_t taps = 1; taps <= kMostTaps; taps += 2) {
            test.Fill({m, n, k, taps, n}, m + n + k + taps);
            std::fill(test.mult.begin(), test.mult.end(), 1e-4f);
            test.Check(kernel);
          }
        }
      }
    }
  });
}

// The largest products: vpmaddubsw would saturate, and two of −128 · −128 overflow int16.
EDGEC_TEST_EACH_ISA(igemm_s8_extreme_values_are_exact) {
  ForKernels(Kernels(), isa, [](const Entry& kernel) {
    IgemmCase test;
    const int8_t extremes[] = {-128, -127, 127};
    for (int8_t a : extremes) {
      for (int8_t b : extremes) {
        for (size_t taps : {1, 9}) {
          test.Fill({kernel.mr, kMostN, taps == 1 ? 48u : kMostK, taps, kMostN}, 2);
          std::fill(test.a.begin(), test.a.end(), a);
          std::fill(test.b.begin(), test.b.end(), b);
          std::fill(test.mult.begin(), test.mult.end(), 1e-5f);
          test.Check(kernel);
        }
      }
    }
  });
}

EDGEC_TEST_EACH_ISA(igemm_s8_accumulators_at_the_ends_of_int32_are_exact) {
  ForKernels(Kernels(), isa, [](const Entry& kernel) {
    IgemmCase test;
    for (int32_t bias : {INT32_MAX, INT32_MAX - 64, INT32_MIN, INT32_MIN + 64, 0x7FFFFF80}) {
      for (float mult : {4.6e-8f, 1e-9f, 3.0e4f, 1e-38f, 0.0f}) {
        test.Fill({kernel.mr, kMostN, 16, 1, kMostN}, 3);
        std::fill(test.bias.begin(), test.bias.end(), bias);
        std::fill(test.mult.begin(), test.mult.end(), mult);
        test.Check(kernel);
      }
    }
  });
}

// Products beyond int32, and beyond float; zero points that saturate on the way.
EDGEC_TEST_EACH_ISA(igemm_s8_every_multiplier_and_clamp_is_exact) {
  ForKernels(Kernels(), isa, [](const Entry& kernel) {
    IgemmCase test;
    for (float mult : {1.0f, 0.99999994f, 2.5f, 3e38f, 1e-40f, 0.0f}) {
      for (int32_t zero_point : {-128, -1, 0, 127}) {
        for (int32_t bias : {INT32_MIN, INT32_MIN + 1, -32769, -40, 0, 33, 32768, INT32_MAX}) {
          test.Fill({kernel.mr, kMostN, 12, 1, kMostN}, 1);
          std::fill(test.a.begin(), test.a.end(), int8_t{0});
          for (size_t j = 0; j < kMostN; ++j) {
            test.bias[j] = bias;
            test.mult[j] = j % 2 == 0 ? mult : -mult;
          }
          test.zero_point = zero_point;
          test.qmin = -128;
          test.qmax = 127;
          if (zero_point == 0) test.qmin = -3, test.qmax = 3;
          if (zero_point == -1) test.qmin = test.qmax = 127;
          if (zero_point == 127) test.qmin = test.qmax = -128;
          test.Check(kernel);
        }
      }
    }
  });
}

EDGEC_TEST_EACH_ISA(igemm_s8_ties_round_to_even) {
  ForKernels(Kernels(), isa, [](const Entry& kernel) {
    IgemmCase test;
    test.Fill({kernel.mr, 64, 4, 1, 64}, 1);
    std::fill(test.a.begin(), test.a.end(), int8_t{0});
    std::fill(test.mult.begin(), test.mult.end(), 0.5f);
    for (size_t j = 0; j < 64; ++j) test.bias[j] = static_cast<int32_t>(j) * 2 - 63;
    test.Check(kernel);
  });
}

// Sums of fewer than 22 bits and results of 16 may be requantized with fewer instructions.
EDGEC_TEST_EACH_ISA(igemm_s8_narrow_sums_give_the_reference_bytes_for_every_tail) {
  ForKernels(Kernels(), isa, [](const Entry& kernel) {
    IgemmCase test;
    test.fits_int16 = true;  // 4 · 16 · 2^14 + 2 · 10^5 < 2^22
    for (size_t m = 1; m <= kernel.mr; ++m) {
      for (size_t n : {1, 15, 16, 17, 33}) {
        for (size_t k : {4, 8, 16}) {
          for (const Clamp& clamp : kClamps) {
            test.Fill({m, n, k, 1 + m % 4, n + m % 5}, m * n + k);
            test.SetClamp(clamp);
            test.Check(kernel);
          }
        }
      }
    }
  });
}

EDGEC_TEST_EACH_ISA(igemm_s8_narrow_sums_at_their_bounds_are_exact) {
  ForKernels(Kernels(), isa, [](const Entry& kernel) {
    IgemmCase test;
    test.fits_int16 = true;
    constexpr int32_t kMost = (1 << 22) - 1;
    for (const Clamp& clamp : kClamps) {
      for (float mult : {32766.0f / kMost, 1e-3f, 3e-5f, 1e-40f, 0.0f}) {
        for (float every_fifth : {-mult, mult}) {
          test.Fill({kernel.mr, 48, 4, 1, 48}, 1);  // an odd seed: no row offsets
          test.SetClamp(clamp);
          std::fill(test.a.begin(), test.a.end(), int8_t{0});
          for (size_t j = 0; j < 48; ++j) {
            const int32_t sums[] = {kMost, kMost - 1, kMost / 2, 40, 1, 0};
            test.bias[j] = j % 2 == 0 ? sums[j / 2 % 6] : -sums[j / 2 % 6];
            test.mult[j] = j % 5 == 0 ? every_fifth : mult;
          }
          test.Check(kernel);
        }
      }
    }
  });
}

// Sums around zero and products around halves: what one rounding too few or too many would change.
EDGEC_TEST_EACH_ISA(igemm_s8_narrow_sums_round_as_two_operations_do) {
  ForKernels(Kernels(), isa, [](const Entry& kernel) {
    IgemmCase test;
    test.fits_int16 = true;
    Random random(7);
    for (const Clamp& clamp : kClamps) {
      for (int round = 0; round < 50; ++round) {
        test.Fill({kernel.mr, 112, 4, 1, 112}, 1);
        test.SetClamp(clamp);
        std::fill(test.a.begin(), test.a.end(), int8_t{0});
        for (size_t j = 0; j < 112; ++j) {
          test.bias[j] = random.Within(-1000, 100000);
          // The float next to, or at, (n + 1/2) / bias.
          const double half = random.Within(0, 300) + 0.5;
          const float mult = static_cast<float>(half / std::max(test.bias[j], 1));
          test.mult[j] = mult < 0.3f ? mult : 0.25f;
        }
        test.Check(kernel);
      }
    }
  });
}

EDGEC_TEST_EACH_ISA(igemm_s8_narrow_ties_round_to_even) {
  ForKernels(Kernels(), isa, [](const Entry& kernel) {
    IgemmCase test;
    test.fits_int16 = true;
    for (int32_t zero_point : {-128, 0, 1}) {
      test.Fill({kernel.mr, 64, 4, 1, 64}, 1);
      test.SetClamp({zero_point, -128, 127});
      std::fill(test.a.begin(), test.a.end(), int8_t{0});
      std::fill(test.mult.begin(), test.mult.end(), 0.5f);
      for (size_t j = 0; j < 64; ++j) test.bias[j] = static_cast<int32_t>(j) * 2 - 63;
      test.Check(kernel);
    }
  });
}

EDGEC_TEST(igemm_s8_best_kernel_is_of_the_best_instruction_set) {
  using edgec::Isa;
  const edgec::IsaSet all = edgec::IsaSet::Detect();
  EDGEC_CHECK(edgec::IgemmS8Kernels().Best(all.LimitedTo(Isa::kPortable)).isa == Isa::kPortable);
  for (Isa isa :
       {Isa::kAvx512vnni, Isa::kAvxvnni, Isa::kAvx2, Isa::kI8mm, Isa::kNeondot, Isa::kNeon}) {
    if (!all.Has(isa)) continue;
    EDGEC_CHECK(edgec::IgemmS8Kernels().Best(all.LimitedTo(isa)).isa == isa);
  }
}

}  // namespace
}  // namespace edgec_test
