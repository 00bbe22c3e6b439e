#include "ops/depthwise_3x3.h"

#include <algorithm>
#include <vector>

#include "base/aligned_memory.h"
#include "ops/node_check.h"
#include "ops/split.h"

namespace edgec {
namespace {

constexpr size_t kMostLines = 2;  // of any kernel
constexpr size_t kMacCost = 2;    // times that of a matrix product

// An item is some lines of an image: as many as a call of the kernel makes, some times.
class Depthwise3x3 final : public Op {
 public:
  Depthwise3x3(const Depthwise3x3Task& task, const KernelEntry<Dwconv3x3S8Kernel>& kernel,
               uint32_t threads)
      : task_(task),
        kernel_(kernel),
        lines_(task.window.stride_h == 1 && task.window.stride_w == 1 ? kernel.lines : 1),
        padding_(static_cast<size_t>(task.window.in_w * task.window.in_c), task.padding) {
    const size_t images = static_cast<size_t>(task.window.batch);
    const size_t out_h = static_cast<size_t>(task.window.out_h);
    const size_t parts = threads == 1 ? 1 : DivideUp(kItemsPerThread * threads, images);
    part_lines_ = RoundUp(DivideUp(out_h, parts), lines_);
    parts_ = DivideUp(out_h, part_lines_);
  }

  // False if there is not enough memory.
  bool PackWeights() {
    const size_t channels = static_cast<size_t>(task_.window.in_c);
    if (!w_.Allocate(uint64_t{DivideUp(channels, 16)} * kernel_.block)) return false;
    int8_t* block = reinterpret_cast<int8_t*>(w_.data());
    for (size_t j = 0; j < channels; j += 16, block += kernel_.block) {
      int8_t w[9 * 16];
      for (size_t p = 0; p < 16; ++p) {
        const size_t channel = Dwconv3x3Block(j, channels) + p;
        const int8_t* from = task_.w + channel / 16 * 9 * 16 + channel % 16;
        for (size_t t = 0; t < 9; ++t) w[16 * t + p] = from[16 * t];
      }
      kernel_.pack(w, block);
    }
    return true;
  }

  edgec_status Run(const RunContext& context) override {
    auto body = [this](size_t begin, size_t end, uint32_t) {
      for (size_t item = begin; item < end; ++item) RunItem(item);
    };
    const size_t items = static_cast<size_t>(task_.window.batch) * parts_;
    const size_t line_macs = 9 * static_cast<size_t>(task_.window.out_w * task_.window.in_c);
    context.pool.For(items, GrainOfMacs(kMacCost * part_lines_ * line_macs), body);
    return EDGEC_OK;
  }

 private:
  void RunItem(size_t item) const {
    const Conv2dWindow& window = task_.window;
    const size_t out_h = static_cast<size_t>(window.out_h);
    const size_t image = item / parts_, first = item % parts_ * part_lines_;
    const size_t end = std::min(out_h, first + part_lines_);
    const size_t y_line = static_cast<size_t>(window.out_w * window.in_c);
    const int8_t* rows[kMostLines + 2];
    Dwconv3x3S8Lines lines = Lines(rows, y_line);
    for (size_t at = first; at < end; at += lines_) {
      lines.lines = std::min(lines_, end - at);
      PointRows(image, at, lines.lines + 2, rows);
      lines.y = task_.y + (image * out_h + at) * y_line;
      kernel_.run(lines, task_.params);
    }
  }

  Dwconv3x3S8Lines Lines(const int8_t* const* rows, size_t y_line) const {
    const Conv2dWindow& window = task_.window;
    Dwconv3x3S8Lines lines;
    lines.lines = lines_;
    lines.pixels = static_cast<size_t>(window.out_w);
    lines.channels = static_cast<size_t>(window.in_c);
    lines.rows = rows;
    lines.width = static_cast<size_t>(window.in_w);
    lines.pad_left = static_cast<ptrdiff_t>(window.pad_left);
    lines.stride_w = static_cast<size_t>(window.stride_w);
    lines.padding = task_.padding;
    lines.w = reinterpret_cast<const int8_t*>(w_.data());
    lines.y = task_.y;
    lines.y_line = y_line;
    return lines;
  }

  void PointRows(size_t image, size_t line, size_t count, const int8_t** rows) const {
    const Conv2dWindow& window = task_.window;
    const int64_t first = static_cast<int64_t>(line) * window.stride_h - window.pad_top;
    const int8_t* x =
        task_.x + static_cast<int64_t>(image) * window.in_h * window.in_w * window.in_c;
    for (size_t r = 0; r < count; ++r) {
      const int64_t row = first + static_cast<int64_t>(r);
      const bool inside = row >= 0 && row < window.in_h;
      rows[r] = inside ? x + row * window.in_w * window.in_c : padding_.data();
    }
  }

  const Depthwise3x3Task task_;
  const KernelEntry<Dwconv3x3S8Kernel>& kernel_;
  const size_t lines_;
  const std::vector<int8_t> padding_;  // a row outside of the image
  AlignedMemory w_;
  size_t part_lines_, parts_;
};

}  // namespace

bool TakesDepthwise3x3(const Conv2dWindow& window, Isa isa, IsaSet isas) {
  const bool square = window.kernel_h == 3 && window.kernel_w == 3;
  const bool dense = window.dilation_h == 1 && window.dilation_w == 1;
  return square && dense && window.stride_w <= 2 && window.in_c >= 16 &&
         Dwconv3x3S8Kernels().Best(isas).isa == isa;
}

edgec_status MakeDepthwise3x3(const Depthwise3x3Task& task, PrepareContext& context,
                              std::unique_ptr<Op>* op) {
  const KernelEntry<Dwconv3x3S8Kernel>& kernel = Dwconv3x3S8Kernels().Best(context.isa);
  context.kernel = kernel.name;
  const uint64_t macs = uint64_t{task.window.rows()} * 9 * static_cast<uint64_t>(task.window.in_c);
  auto made =
      std::make_unique<Depthwise3x3>(task, kernel, ThreadsWorth(kMacCost * macs, context.threads));
  if (!made->PackWeights()) {
    return Refuse(context, EDGEC_E_MEMORY,
                  "not enough memory for the kernel's form of the weights");
  }
  *op = std::move(made);
  return EDGEC_OK;
}

}  // namespace edgec
