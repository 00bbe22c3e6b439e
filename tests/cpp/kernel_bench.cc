// Every kernel that this CPU can run, at typical shapes: kernel_bench [part of a name]. One line of
// JSON each; `scripts/bench kernels` makes a table of them.
#include "kernel_bench.h"

namespace edgec_test {

void BenchIgemm(const KernelBench& bench);
void BenchSparse(const KernelBench& bench);
void BenchDwconv(const KernelBench& bench);
void BenchDwconv3x3(const KernelBench& bench);
void BenchRows(const KernelBench& bench);

}  // namespace edgec_test

int main(int count, char** arguments) {
  constexpr void (*kFamilies[])(const edgec_test::KernelBench&) = {
      edgec_test::BenchIgemm,     edgec_test::BenchSparse, edgec_test::BenchDwconv,
      edgec_test::BenchDwconv3x3, edgec_test::BenchRows,
  };
  const edgec_test::KernelBench bench(count > 1 ? arguments[1] : "");
  for (const auto family : kFamilies) family(bench);
  return 0;
}
