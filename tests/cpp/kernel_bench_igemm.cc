#include "kernel_bench.h"
#include "kernels/igemm_f32/igemm_f32_table.h"
#include "kernels/igemm_s8/igemm_s8_table.h"

namespace edgec_test {
namespace {

struct Product {
  const char* name;
  size_t rows, n, k, taps;
};

constexpr Product kProducts[] = {
    {"1x1 14x14 96>576", 196, 576, 96, 1}, {"1x1 14x14 576>96", 196, 96, 576, 1},
    {"3x3 14x14 64>64", 196, 64, 192, 3},  {"1x1 56x56 24>24", 3136, 24, 24, 1},
    {"3x3 7x7 512>512", 49, 512, 1536, 3}, {"rows 128 256>1024", 128, 1024, 256, 1},
    {"fc 1280>1000", 1, 1000, 1280, 1}};

// All rows in tiles of the kernel's mr; `entry.run` is called as an op would.
template <class T, class Entry, class Params>
void Time(const KernelBench& bench, const Entry& entry, const Product& of, const Params& params) {
  const size_t depth = of.k * of.taps, padded = (of.n + 15) / 16 * 16;
  Ones<T> x(of.rows * of.k), w(padded * depth), y(of.rows * of.n);
  std::vector<const T*> a(entry.mr);
  const std::vector<ptrdiff_t> tap(of.taps);  // all at 0: the first cache
  const uint64_t values = of.rows * of.k + padded * depth + of.rows * of.n;
  bench.Time(entry.name, Work{of.name, of.rows * of.n * depth, values * sizeof(T)}, [&] {
    for (size_t row = 0; row < of.rows; row += entry.mr) {
      const size_t m = entry.mr < of.rows - row ? entry.mr : of.rows - row;
      for (size_t i = 0; i < m; ++i) a[i] = x.data() + (row + i) * of.k;
      entry.run(m, of.n, of.k, of.taps, a.data(), tap.data(), w.data(), y.data() + row * of.n, of.n,
                &params);
    }
  });
}

}  // namespace

void BenchIgemm(const KernelBench& bench) {
  const std::vector<float> factors(2048, 1e-4f);
  const std::vector<int32_t> bias(2048);
  edgec::RequantS8 requant = edgec::MakeRequantS8(factors.data(), 0, -128, 127);
  requant.fits_int32 = true;
  const edgec::IgemmS8Params s8{bias.data(), nullptr, requant};
  const edgec::IgemmF32Params f32{factors.data(), -1e9f, 1e9f};
  for (const Product& product : kProducts) {
    bench.Each(edgec::IgemmS8Kernels(),
               [&](const auto& entry) { Time<int8_t>(bench, entry, product, s8); });
    bench.Each(edgec::IgemmF32Kernels(),
               [&](const auto& entry) { Time<float>(bench, entry, product, f32); });
  }
}

}  // namespace edgec_test
