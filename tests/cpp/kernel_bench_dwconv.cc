#include "kernel_bench.h"
#include "kernels/dwconv_f32/dwconv_f32_table.h"
#include "kernels/dwconv_s8/dwconv_s8_table.h"
#include "ops/depthwise_rows.h"

namespace edgec_test {
namespace {

using edgec::DwconvF32Kernel;
using edgec::DwconvS8Kernel;
using edgec::KernelEntry;
using edgec::UnitForm;

// Square, padded; side of the output.
struct Layer {
  const char* name;
  int64_t side, channels, kernel, stride;
};

constexpr Layer kLayers[] = {
    {"dw3x3 112x112 32", 112, 32, 3, 1}, {"dw3x3 56x56 96 /2", 56, 96, 3, 2},
    {"dw3x3 56x56 24", 56, 24, 3, 1},    {"dw3x3 14x14 384", 14, 384, 3, 1},
    {"dw3x3 7x7 960", 7, 960, 3, 1},     {"dw5x5 14x14 240", 14, 240, 5, 1}};

UnitForm<int8_t> FormOf(const KernelEntry<DwconvS8Kernel>& kernel) {
  return {kernel.interleave, kernel.unit, kernel.pack};
}
UnitForm<float> FormOf(const KernelEntry<DwconvF32Kernel>&) { return {1, 16, nullptr}; }

edgec::Conv2dWindow WindowOf(const Layer& layer) {
  edgec::Conv2dWindow window;
  window.in_h = window.in_w = layer.side * layer.stride;
  window.out_h = window.out_w = layer.side;
  window.in_c = layer.channels;
  window.kernel_h = window.kernel_w = layer.kernel;
  window.stride_h = window.stride_w = layer.stride;
  window.pad_top = window.pad_left = layer.kernel / 2;
  return window;
}

// Rows are packed, as an op does it: a large part of the work.
template <class T, class Entry, class Params>
void Time(const KernelBench& bench, const Entry& entry, const Layer& layer, const Params& params) {
  const edgec::Conv2dWindow window = WindowOf(layer);
  const edgec::DepthwiseRows<T> rows(window, FormOf(entry), T{1});
  const edgec::DepthwiseLayout& layout = rows.layout();
  const size_t n = static_cast<size_t>(layer.channels), side = static_cast<size_t>(layer.side);
  std::vector<const T*> taps(static_cast<size_t>(layer.kernel) * layout.groups);
  std::vector<const T*> columns(layout.columns());
  const size_t block_weights = taps.size() * layout.sharing * FormOf(entry).size;
  Ones<T> x(static_cast<size_t>(window.in_h * window.in_w) * n), y(side * side * n);
  Ones<T> ring(static_cast<size_t>(rows.ring_elements())), w((n + 15) / 16 * block_weights);
  edgec::DwconvLine<T> line{side,           0,
                            taps.size(),    layout.sharing,
                            taps.data(),    rows.x_step(),
                            rows.x_block(), w.data(),
                            y.data(),       n};
  const uint64_t pixels = static_cast<uint64_t>(window.in_h * window.in_w) + side * side;
  const uint64_t macs = side * side * n * static_cast<uint64_t>(layer.kernel * layer.kernel);
  bench.Time(entry.name, Work{layer.name, macs, pixels * n * sizeof(T)}, [&] {
    for (size_t range = 0; range < rows.ranges(); ++range) {
      auto in_use = rows.Begin(x.data(), 0, range, columns.data(), ring.data());
      line.channels = rows.channels(range);
      line.w = w.data() + range * rows.blocks() * block_weights;
      for (size_t at = 0; at < side; ++at) {
        rows.Advance(&in_use, static_cast<int64_t>(at), taps.data());
        line.y = y.data() + at * side * n + range * rows.blocks() * 16;
        entry.run(line, params);
      }
    }
  });
}

}  // namespace

void BenchDwconv(const KernelBench& bench) {
  const std::vector<float> factors(1024, 1e-4f);
  const std::vector<int32_t> bias(1024);
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
