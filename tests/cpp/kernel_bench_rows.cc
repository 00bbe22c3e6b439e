// Kernels that take a row of values: memory's speed is their limit, not the multipliers'.
#include "kernel_bench.h"
#include "kernels/eltwise/eltwise_table.h"
#include "kernels/layer_norm/layer_norm_table.h"
#include "kernels/lut/lut_table.h"
#include "kernels/pool/pool_table.h"
#include "kernels/quantize/quantize_table.h"
#include "kernels/softmax/softmax_table.h"
#include "kernels/transpose/transpose_table.h"
#include "kernels/unary_f32/unary_f32_table.h"

namespace edgec_test {
namespace {

constexpr size_t kRow = 4096;      // values of an elementwise call
constexpr size_t kFeatures = 256;  // of a normalization or softmax
constexpr edgec::S8Range kRange = {-128.0f, 127.0f, 0};

void BenchElementwise(const KernelBench& bench) {
  Ones<int8_t> a(kRow), b(kRow), out(kRow), table(256);
  Ones<float> x(kRow), y(kRow);
  const auto rows = edgec::Operands::kRows;
  const edgec::AddS8Params add{0, 1 << 14, 1 << 14, 15, 0, -128, 127};
  const edgec::MulS8Params mul{0, 0, 0.01f, kRange};
  bench.Each(edgec::AddS8Kernels(), [&](const auto& k) {
    bench.Time(k.name, Work{"row 4096", 0, 3 * kRow},
               [&] { k.run(rows, kRow, a.data(), b.data(), add, out.data()); });
  });
  bench.Each(edgec::MulS8Kernels(), [&](const auto& k) {
    bench.Time(k.name, Work{"row 4096", 0, 3 * kRow},
               [&] { k.run(rows, kRow, a.data(), b.data(), mul, out.data()); });
  });
  bench.Each(edgec::LutS8Kernels(), [&](const auto& k) {
    bench.Time(k.name, Work{"row 4096", 0, 2 * kRow},
               [&] { k.run(kRow, a.data(), table.data(), out.data()); });
  });
  bench.Each(edgec::UnaryF32Kernels(), [&](const auto& k) {
    bench.Time(k.name, Work{"gelu 4096", 0, 8 * kRow},
               [&] { k.run(edgec::UnaryKind::kGelu, kRow, x.data(), 0, 0, y.data()); });
  });
}

void BenchConversions(const KernelBench& bench) {
  Ones<int8_t> x(kRow);
  Ones<float> y(kRow);
  bench.Each(edgec::QuantizeF32S8Kernels(), [&](const auto& k) {
    bench.Time(k.name, Work{"row 4096", 0, 5 * kRow},
               [&] { k.run(kRow, y.data(), 0.1f, kRange, x.data()); });
  });
  bench.Each(edgec::DequantizeS8F32Kernels(), [&](const auto& k) {
    bench.Time(k.name, Work{"row 4096", 0, 5 * kRow},
               [&] { k.run(kRow, x.data(), 0.1f, 0, y.data()); });
  });
  Ones<int8_t> turned(kRow);
  bench.Each(edgec::Transpose2dKernels(), [&](const auto& k) {
    bench.Time(k.name, Work{"64x64 int8", 0, 2 * kRow}, [&] {
      k.run(1, edgec::TransposeShape{64, 64, 64, 64}, x.data(), turned.data());
    });
  });
}

void BenchNormalizations(const KernelBench& bench) {
  Ones<int8_t> x(kFeatures), out(kFeatures);
  Ones<float> y(kFeatures), result(kFeatures), gamma(kFeatures), beta(kFeatures);
  const std::vector<uint32_t> powers(256, 1);
  const edgec::SoftmaxS8Params softmax{powers.data(), 256.0f, kRange};
  const edgec::LayerNormS8Params s8{gamma.data(), beta.data(), 0.1f, kRange};
  const edgec::LayerNormF32Params f32{gamma.data(), beta.data(), 1e-5f};
  bench.Each(edgec::SoftmaxS8Kernels(), [&](const auto& k) {
    bench.Time(k.name, Work{"row 256", 0, 2 * kFeatures},
               [&] { k.run(kFeatures, x.data(), softmax, out.data()); });
  });
  bench.Each(edgec::SoftmaxF32Kernels(), [&](const auto& k) {
    bench.Time(k.name, Work{"row 256", 0, 8 * kFeatures},
               [&] { k.run(kFeatures, y.data(), result.data()); });
  });
  bench.Each(edgec::LayerNormS8Kernels(), [&](const auto& k) {
    bench.Time(k.name, Work{"row 256", 0, 2 * kFeatures},
               [&] { k.run(kFeatures, x.data(), s8, out.data()); });
  });
  bench.Each(edgec::LayerNormF32Kernels(), [&](const auto& k) {
    bench.Time(k.name, Work{"row 256", 0, 8 * kFeatures},
               [&] { k.run(kFeatures, y.data(), f32, result.data()); });
  });
}

void BenchPools(const KernelBench& bench) {
  constexpr size_t kSide = 7, kChannels = 320;
  Ones<int8_t> x(kSide * kSide * kChannels), out(kChannels);
  const edgec::PoolWindow all{kSide, kSide, kSide * kChannels, kChannels};
  const edgec::AveragePoolS8Params average{0, 0.02f, kRange};
  const Work work{"7x7 320", 0, (kSide * kSide + 1) * kChannels};
  bench.Each(edgec::AveragePoolS8Kernels(), [&](const auto& k) {
    bench.Time(k.name, work, [&] { k.run(kChannels, all, x.data(), average, out.data()); });
  });
  bench.Each(edgec::MaxPoolS8Kernels(), [&](const auto& k) {
    bench.Time(k.name, work, [&] { k.run(kChannels, all, x.data(), out.data()); });
  });
}

}  // namespace

void BenchRows(const KernelBench& bench) {
  BenchElementwise(bench);
  BenchConversions(bench);
  BenchNormalizations(bench);
  BenchPools(bench);
}

}  // namespace edgec_test
