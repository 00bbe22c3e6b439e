#include "kernel_bench.h"
#include "kernels/dwconv3x3_s8/dwconv3x3_s8_table.h"

namespace edgec_test {
namespace {

using edgec::Dwconv3x3S8Kernel;
using edgec::KernelEntry;

// Square, padded; side of the output.
struct Layer {
  const char* name;
  size_t side, channels, stride;
};

constexpr Layer kLayers[] = {{"dw3x3 112x112 32", 112, 32, 1},
                             {"dw3x3 56x56 96 /2", 56, 96, 2},
                             {"dw3x3 14x14 384", 14, 384, 1},
                             {"dw3x3 7x7 960", 7, 960, 1}};

// Rows of padding are taken from the image: they cost the same.
void Time(const KernelBench& bench, const KernelEntry<Dwconv3x3S8Kernel>& entry, const Layer& layer,
          const edgec::Dwconv3x3S8Params& params) {
  const size_t width = layer.side * layer.stride, n = layer.channels;
  const size_t at_once = layer.stride == 1 ? entry.lines : 1;
  Ones<int8_t> x((width + 2) * width * n), y((layer.side + 1) * layer.side * n);
  Ones<int8_t> w((n + 15) / 16 * entry.block);
  const int8_t* rows[4];
  edgec::Dwconv3x3S8Lines lines{at_once,      layer.side, n,        rows,     width,         1,
                                layer.stride, 0,          w.data(), y.data(), layer.side * n};
  const uint64_t pixels = layer.side * layer.side;
  bench.Time(entry.name,
             Work{layer.name, 9 * pixels * n, pixels * (layer.stride * layer.stride + 1) * n}, [&] {
               for (size_t line = 0; line < layer.side; line += at_once) {
                 for (size_t r = 0; r < at_once + 2; ++r) {
                   rows[r] = x.data() + (line * layer.stride + r) * width * n;
                 }
                 lines.y = y.data() + line * lines.y_line;
                 entry.run(lines, params);
               }
             });
}

}  // namespace

void BenchDwconv3x3(const KernelBench& bench) {
  const std::vector<float> factors(1024, 1e-4f);
  const std::vector<int32_t> bias(1024);
  edgec::Dwconv3x3S8Params params{bias.data(),
                                  edgec::MakeRequantS8(factors.data(), -128, -128, 127)};
  params.requant.fits_int16 = params.requant.unit_mult = true;
  for (const Layer& layer : kLayers) {
    bench.Each(edgec::Dwconv3x3S8Kernels(),
               [&](const auto& entry) { Time(bench, entry, layer, params); });
  }
}

}  // namespace edgec_test
