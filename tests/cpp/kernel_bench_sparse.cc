#include "kernel_bench.h"
#include "kernels/sparse_igemm_s8/sparse_igemm_s8_table.h"
#include "sparse_blocks.h"

namespace edgec_test {
namespace {

struct SparseProduct {
  const char* name;
  size_t rows, n, k;
  size_t keep_every;  // of the blocks
};

constexpr SparseProduct kProducts[] = {{"1x1 14x14 576>96, all blocks", 196, 96, 576, 1},
                                       {"1x1 14x14 576>96, every 2nd", 196, 96, 576, 2},
                                       {"1x1 14x14 576>96, every 4th", 196, 96, 576, 4},
                                       {"rows 128 256>1024, every 4th", 128, 1024, 256, 4}};

// `macs` are those of the dense product: what the layer is worth.
void Time(const KernelBench& bench, const edgec::KernelEntry<edgec::SparseIgemmS8Kernel>& kernel,
          const SparseProduct& of, const edgec::SparseIgemmS8Params& params) {
  const size_t columns = kernel.columns == 0 ? 16 : kernel.columns;
  const SparseBlocks made = MakeSparseBlocks(
      columns, of.n, 1, of.k, [](size_t, size_t, size_t) { return int8_t{1}; },
      [&](size_t group, size_t, size_t at) { return (group * 7 + at) % of.keep_every == 0; });
  Ones<int8_t> x(of.rows * of.k), y(of.rows * of.n), blocks(made.blocks.size());
  std::memcpy(blocks.data(), made.blocks.data(), made.blocks.size());
  const edgec::SparseS8Weights w{columns, blocks.data(), made.counts.data(), made.deltas.data()};
  const ptrdiff_t tap = 0;
  std::vector<const int8_t*> a(kernel.mr);
  const uint64_t bytes = of.rows * (of.k + of.n) + made.blocks.size() + made.deltas.size();
  bench.Time(kernel.name, Work{of.name, of.rows * of.n * of.k, bytes}, [&] {
    for (size_t row = 0; row < of.rows; row += kernel.mr) {
      const size_t m = kernel.mr < of.rows - row ? kernel.mr : of.rows - row;
      for (size_t i = 0; i < m; ++i) a[i] = x.data() + (row + i) * of.k;
      kernel.run(m, of.n, 1, a.data(), &tap, &w, y.data() + row * of.n, of.n, &params);
    }
  });
}

}  // namespace

void BenchSparse(const KernelBench& bench) {
  const std::vector<float> factors(2048, 1e-4f);
  const std::vector<int32_t> bias(2048);
  const edgec::SparseIgemmS8Params params{bias.data(),
                                          edgec::MakeRequantS8(factors.data(), 0, -128, 127)};
  for (const SparseProduct& product : kProducts) {
    bench.Each(edgec::SparseIgemmS8Kernels(),
               [&](const auto& kernel) { Time(bench, kernel, product, params); });
  }
}

}  // namespace edgec_test
