// Every dwconv_s8 kernel against a naive loop: the same bytes for every size, at the edge of a
// page. Columns are packed by the kernel's own function, from places that end at a page, too.
#include <memory>

#include "kernel_test.h"
#include "kernels/dwconv_s8/dwconv_s8_table.h"

namespace edgec {
DwconvS8Kernel dwconv_s8_4x16_avxvnni_as_avx512vnni;
DwconvS8Pack dwconv_s8_4x16_avxvnni_as_avx512vnni_pack;
}  // namespace edgec

namespace edgec_test {
namespace {

using edgec::DwconvColumns;
using edgec::DwconvLine;
using edgec::DwconvS8Kernel;
using edgec::DwconvS8Params;
using edgec::kDwconvTile;
using Entry = edgec::KernelEntry<DwconvS8Kernel>;

constexpr size_t kMostM = 20, kMostN = 144, kMostTaps = 25, kMostInterleave = 4, kMostUnit = 64;
constexpr size_t kMostPixels = (kMostM + kDwconvTile - 1) / kDwconvTile * kDwconvTile;
constexpr int8_t kUntouched = 99;

edgec::KernelTable<DwconvS8Kernel> Kernels() {
#if defined(__x86_64__)
  static const std::vector<Entry> all =
      With(edgec::DwconvS8Kernels(),
           Entry{edgec::Isa::kAvx512vnni, "dwconv_s8_4x16_avxvnni_as_avx512vnni",
                 &edgec::dwconv_s8_4x16_avxvnni_as_avx512vnni,
                 &edgec::dwconv_s8_4x16_avxvnni_as_avx512vnni_pack, 4, 64, 128});
  return {all.data(), all.size()};
#else
  return edgec::DwconvS8Kernels();
#endif
}
struct Range {
  int32_t zero_point, qmin, qmax;
};
constexpr Range kRanges[] = {{5, -128, 110}, {-127, -128, 127}, {-128, -128, 127}};  // a ReLU last

struct Size {
  size_t m, n, taps, sharing, y_stride;
};

// Units of even columns overlap in half of them; others lie anywhere.
enum class Places { kOverlap, kApart };

class DwconvCase {
 public:
  DwconvCase() {
    constexpr size_t kBytes = kMostN / 16 * kMostPixels * kMostUnit;
    for (size_t t = 0; t < kMostTaps; ++t) units_.emplace_back(new Guarded<int8_t>(kBytes));
  }

  std::vector<int8_t> x, w;  // x[tap][column][channel], w[tap][place][channel]
  std::vector<int32_t> bias;
  std::vector<float> mult;
  Range range = kRanges[0];
  bool fits_int16 = false;  // what the test says of the sums; true only where it holds

  void Fill(const Entry& kernel, const Size& size, Places places, uint64_t seed) {
    kernel_ = &kernel;
    size_ = size;
    places_ = places;
    Random random(seed);
    x.resize(size.taps * columns() * size.n);
    w.resize(size.taps * kernel.interleave * size.n);
    bias.resize(size.n);
    mult.resize(size.n);
    for (int8_t& value : x) value = static_cast<int8_t>(random.Within(-128, 127));
    for (int8_t& value : w) value = static_cast<int8_t>(random.Within(-127, 127));
    for (int32_t& value : bias) value = random.Within(-20000, 20000);
    for (float& value : mult) value = static_cast<float>(random.Within(1, 4000)) * 2e-6f;
  }

  void Check() {
    Describe("%s m=%zu n=%zu taps=%zu sharing=%zu", kernel_->name, size_.m, size_.n, size_.taps,
             size_.sharing);
    const size_t count = (size_.m - 1) * size_.y_stride + size_.n;
    int8_t* y = Tail(y_, count);
    std::fill_n(y, count, kUntouched);
    Run(y);
    for (size_t i = 0; i < size_.m; ++i) {
      for (size_t j = 0; j < size_.n; ++j) {
        EDGEC_CHECK_EQ(y[i * size_.y_stride + j],
                       Requant(Acc(i, j), mult[j], range.zero_point, range.qmin, range.qmax));
      }
      if (i + 1 == size_.m) break;
      for (size_t j = size_.n; j < size_.y_stride; ++j) {
        EDGEC_CHECK_EQ(y[i * size_.y_stride + j], kUntouched);
      }
    }
  }

 private:
  size_t units() const { return (size_.m + size_.sharing - 1) / size_.sharing; }
  size_t TileUnits() const {
    return (size_.m + kDwconvTile - 1) / kDwconvTile * kDwconvTile / size_.sharing;
  }
  bool overlap() const { return places_ == Places::kOverlap && kernel_->interleave > 1; }
  size_t next() const { return overlap() ? 2 : kernel_->interleave; }
  size_t columns() const { return (units() - 1) * next() + kernel_->interleave; }

  int32_t Acc(size_t i, size_t j) const {
    int64_t sum = bias[j];
    for (size_t t = 0; t < size_.taps; ++t) {
      for (size_t q = 0; q < kernel_->interleave; ++q) {
        const size_t column = t * columns() + i / size_.sharing * next() + q;
        sum += x[column * size_.n + j] * Weight(t, i % size_.sharing, q, j);
      }
    }
    return Wrap(sum);
  }
  // The second pixel of a unit has the first one's, one place further: their sums, which bias
  // makes up for, are equal.
  int8_t Weight(size_t t, size_t pixel, size_t q, size_t j) const {
    const size_t places = kernel_->interleave;
    return w[(t * places + (q + places - pixel) % places) * size_.n + j];
  }

  void Pack(const DwconvColumns<int8_t>& columns) {
    if (kernel_->pack != nullptr) return kernel_->pack(columns);
    for (size_t u = 0; u < columns.units; ++u) {
      for (size_t j = 0; j < columns.channels; ++j) {
        columns.to[j / 16 * columns.to_block + u * 16 + j % 16] = columns.from[u][j];
      }
    }
  }

  // Units of one tap; the memory ends where the last pixel of a whole tile of the last 16 channels
  // may be read.
  const int8_t* PackTap(size_t t) {
    const size_t tile = TileUnits();
    const size_t blocks = Padded(size_.n) / 16, count = columns() * size_.n;
    int8_t* from = Tail(columns_, count);
    std::copy_n(&x[t * count], count, from);
    int8_t* to = Tail(*units_[t], blocks * tile * kernel_->unit);
    const int8_t* pointers[kMostInterleave * kMostPixels];
    for (size_t i = 0; i < columns(); ++i) pointers[i] = from + i * size_.n;
    Pack({units(), size_.n, pointers, next(), to, tile * kernel_->unit});
    return to;
  }

  // Units [block][tap][pixel of a unit]; flipped where Pack flips back.
  const int8_t* PackWeights() {
    const size_t count = size_.taps * size_.sharing, block = count * kernel_->unit;
    int8_t* to = Tail(w_, Padded(size_.n) / 16 * block);
    std::vector<int8_t> row(kernel_->interleave * size_.n);
    const int8_t* pointers[kMostInterleave];
    for (size_t q = 0; q < kernel_->interleave; ++q) pointers[q] = &row[q * size_.n];
    for (size_t i = 0; i < count; ++i) {
      for (size_t at = 0; at < row.size(); ++at) {
        const int8_t weight =
            Weight(i / size_.sharing, i % size_.sharing, at / size_.n, at % size_.n);
        row[at] = static_cast<int8_t>(weight ^ (kernel_->a_offset != 0 ? -128 : 0));
      }
      Pack({1, size_.n, pointers, kernel_->interleave, to + i * kernel_->unit, block});
    }
    return to;
  }

  void Run(int8_t* y) {
    const int8_t* pointers[kMostTaps];
    for (size_t t = 0; t < size_.taps; ++t) pointers[t] = PackTap(t);
    const size_t padded = Padded(size_.n);
    int32_t* packed_bias = Tail(bias_, padded);
    float* packed_mult = Tail(mult_, padded);
    std::fill_n(packed_bias, padded, 0);
    std::fill_n(packed_mult, padded, 0.0f);
    std::copy(mult.begin(), mult.end(), packed_mult);
    for (size_t j = 0; j < size_.n; ++j) packed_bias[j] = Wrap(bias[j] - OffsetSum(j));
    DwconvLine<int8_t> line{};
    line.pixels = size_.m;
    line.channels = size_.n;
    line.taps = size_.taps;
    line.sharing = size_.sharing;
    line.x = pointers;
    line.x_step = kernel_->unit;
    line.x_block = TileUnits() * kernel_->unit;
    line.w = PackWeights();
    line.y = y;
    line.y_stride = size_.y_stride;
    DwconvS8Params params{
        packed_bias, edgec::MakeRequantS8(packed_mult, range.zero_point, range.qmin, range.qmax)};
    params.requant.fits_int16 = fits_int16;
    params.requant.unit_mult = std::all_of(
        mult.begin(), mult.end(), [](float value) { return value >= 0.0f && value < 1.0f; });
    kernel_->run(line, params);
  }

  int64_t OffsetSum(size_t j) const {
    int64_t sum = 0;
    for (size_t t = 0; t < size_.taps; ++t) {
      for (size_t q = 0; q < kernel_->interleave; ++q) sum += Weight(t, 0, q, j);
    }
    return sum * kernel_->a_offset;
  }

  const Entry* kernel_ = nullptr;
  Size size_{};
  Places places_ = Places::kApart;
  std::vector<std::unique_ptr<Guarded<int8_t>>> units_;
  Guarded<int8_t> columns_{kMostInterleave * kMostM * kMostN};
  Guarded<int8_t> w_{kMostN / 16 * kMostTaps * 2 * kMostUnit};
  Guarded<int32_t> bias_{kMostN};
  Guarded<float> mult_{kMostN};
  Guarded<int8_t> y_{kMostM * (kMostN + 8)};
};

// Calls body(pixels of a unit, how columns lie) for all that a kernel must take.
template <class Body>
void ForForms(const Entry& kernel, Body body) {
  for (size_t sharing = 1; sharing <= (kernel.interleave > 1 ? 2 : 1); ++sharing) {
    for (Places places : {Places::kOverlap, Places::kApart}) body(sharing, places);
  }
}

EDGEC_TEST_EACH_ISA(dwconv_s8_every_tail_gives_the_reference_bytes) {
  ForKernels(Kernels(), isa, [](const Entry& kernel) {
    DwconvCase test;
    size_t seed = 0;
    for (size_t m = 1; m <= kMostM; ++m) {
      for (size_t n : {1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 24, 31, 32, 33, 64, 72, 144}) {
        for (size_t taps : {1, 2, 3, 5, 10}) {
          ForForms(kernel, [&](size_t sharing, Places places) {
            ++seed;
            test.range = kRanges[seed % 3];
            test.fits_int16 = seed / 4 % 2 == 0;  // 10 · 4 · 2^14 + 20000 < 2^22
            test.Fill(kernel, {m, n, taps, sharing, n + seed % 5}, places, seed);
            test.Check();
          });
        }
      }
    }
  });
}

// Two products of a NEON kernel meet in int16: the largest must still be exact.
EDGEC_TEST_EACH_ISA(dwconv_s8_extreme_values_are_exact) {
  ForKernels(Kernels(), isa, [](const Entry& kernel) {
    DwconvCase test;
    for (int8_t x : {-128, 127}) {
      for (int8_t w : {-127, 127}) {
        ForForms(kernel, [&](size_t sharing, Places places) {
          for (size_t n : {33, 81}) {
            test.Fill(kernel, {9, n, kMostTaps, sharing, n}, places, 1);
            std::fill(test.x.begin(), test.x.end(), x);
            std::fill(test.w.begin(), test.w.end(), w);
            std::fill(test.mult.begin(), test.mult.end(), 6e-5f);
            test.Check();
          }
        });
      }
    }
  });
}

// 0.5 makes halves, which go to the even neighbour.
EDGEC_TEST_EACH_ISA(dwconv_s8_narrow_sums_at_their_bounds_are_exact) {
  ForKernels(Kernels(), isa, [](const Entry& kernel) {
    DwconvCase test;
    test.fits_int16 = true;
    constexpr int32_t kMost = (1 << 22) - 1;
    for (const Range& range : kRanges) {
      for (int32_t bias : {kMost, -kMost, kMost / 2, 1, 3, -1, 255, 509, 511}) {
        for (float mult : {32766.0f / kMost, 3e-5f, 0.0f, std::abs(bias) < 512 ? 0.5f : 1e-5f}) {
          ForForms(kernel, [&](size_t sharing, Places places) {
            test.range = range;
            test.Fill(kernel, {5, kMostN, 3, sharing, kMostN}, places, 1);
            std::fill(test.x.begin(), test.x.end(), int8_t{0});
            std::fill(test.bias.begin(), test.bias.end(), bias);
            std::fill(test.mult.begin(), test.mult.end(), mult);
            if (bias > 3) test.mult[3] = -mult;
            test.Check();
          });
        }
      }
    }
  });
}

EDGEC_TEST_EACH_ISA(dwconv_s8_accumulators_at_the_ends_of_int32_are_exact) {
  ForKernels(Kernels(), isa, [](const Entry& kernel) {
    DwconvCase test;
    for (int32_t bias : {INT32_MAX, INT32_MIN, 0x7FFFFF80}) {
      for (float mult : {4.6e-8f, 0.99999994f, 1.0f, 3.0e4f, 1e-38f}) {
        ForForms(kernel, [&](size_t sharing, Places places) {
          test.Fill(kernel, {5, kMostN, 3, sharing, kMostN}, places, 1);
          std::fill(test.x.begin(), test.x.end(), int8_t{0});
          std::fill(test.bias.begin(), test.bias.end(), bias);
          std::fill(test.mult.begin(), test.mult.end(), mult);
          test.mult[3] = 2e-6f;  // one channel unlike the others of its register
          test.Check();
        });
      }
    }
  });
}

}  // namespace
}  // namespace edgec_test
