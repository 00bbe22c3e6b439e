#include "kernel_bench.h"
#include "kernels/dwconv_f32/dwconv_f32_table.h"
#include "kernels/dwconv_s8/dwconv_s8_table.h"

namespace edgec_test {
namespace {

struct Layer {
  const char* name;
  size_t pixels, n, taps;
};

constexpr Layer kLayers[] = {{"dw3x3 14x14 384", 196, 384, 9},
                             {"dw3x3 56x56 24", 3136, 24, 9},
                             {"dw5x5 14x14 240", 196, 240, 25}};

template <class T, class Entry, class Params>
void Time(const KernelBench& bench, const Entry& entry, const Layer& layer, const Params& params) {
  constexpr size_t kPixels = 8;
  const size_t n = layer.n, taps = layer.taps, padded = (n + 15) / 16 * 16;
  Ones<T> x((layer.pixels + taps) * n), w(padded * taps), y(layer.pixels * n);
  std::vector<const T*> tap(kPixels * taps);
  const uint64_t values = 2 * layer.pixels * n + padded * taps;
  bench.Time(entry.name, Work{layer.name, layer.pixels * n * taps, values * sizeof(T)}, [&] {
    for (size_t first = 0; first < layer.pixels; first += kPixels) {
      const size_t m = kPixels < layer.pixels - first ? kPixels : layer.pixels - first;
      for (size_t i = 0; i < m * taps; ++i) {
        tap[i] = x.data() + (first + i / taps + i % taps) * n;
      }
      entry.run(m, n, taps, tap.data(), w.data(), y.data() + first * n, n, &params);
    }
  });
}

}  // namespace

void BenchDwconv(const KernelBench& bench) {
  const std::vector<float> factors(512, 1e-4f);
  const std::vector<int32_t> bias(512);
  const edgec::DwconvS8Params s8{bias.data(), edgec::MakeRequantS8(factors.data(), 0, -128, 127)};
  const edgec::DwconvF32Params f32{factors.data(), -1e9f, 1e9f};
  for (const Layer& layer : kLayers) {
    bench.Each(edgec::DwconvS8Kernels(),
               [&](const auto& entry) { Time<int8_t>(bench, entry, layer, s8); });
    bench.Each(edgec::DwconvF32Kernels(),
               [&](const auto& entry) { Time<float>(bench, entry, layer, f32); });
  }
}

}  // namespace edgec_test
