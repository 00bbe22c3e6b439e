#include "ops/conv2d_winograd.h"

#include <algorithm>

#include "base/aligned_memory.h"
#include "ops/scratch.h"
#include "ops/split.h"
#include "ops/winograd_choice.h"
#include "ops/winograd_weights.h"

namespace edgec {
namespace {

constexpr size_t kMostTiles = 16;                 // of an item
constexpr size_t kTransformedBytes = 256 * 1024;  // of an item's input: half of an L2
constexpr size_t kTileElements = kWinogradPositions * 16;
constexpr size_t kPad = 32;  // keeps tiles from lying whole pages apart, in the same sets of L1

// Where a tile's outputs begin. Tiles run in reading order.
struct TilePosition {
  int64_t image, y, x;

  TilePosition(const WinogradTiles& tiles, size_t index)
      : image(static_cast<int64_t>(index / tiles.columns / tiles.lines)),
        y(static_cast<int64_t>(index / tiles.columns % tiles.lines * kWinogradTile)),
        x(static_cast<int64_t>(index % tiles.columns * kWinogradTile)) {}
};

class Conv2dWinograd final : public Op {
 public:
  Conv2dWinograd(Conv2dTask<int8_t> task, const int32_t* bias, uint32_t threads)
      : task_(std::move(task)),
        kernel_(*WinogradKernel(task_)),
        tiles_(task_.window),
        depth_(RoundUp(task_.depth, 8)),
        v_stride_(kWinogradPositions * depth_ + kPad),
        blocks_(DivideUp(task_.columns, 16)) {
    const size_t fit = kTransformedBytes / (v_stride_ * sizeof(int16_t));
    const size_t most = std::min(kMostTiles, std::max<size_t>(fit, 4));
    groups_ = DivideUp(tiles_.count, most);
    group_tiles_ = DivideUp(tiles_.count, groups_);
    const size_t pairs = DivideUp(blocks_, kernel_.blocks);
    part_blocks_ =
        kernel_.blocks * DivideUp(pairs, std::min<size_t>(pairs, DivideUp(threads, groups_)));
    parts_ = DivideUp(blocks_, part_blocks_);
    bias_.resize(blocks_ * 16);
    for (size_t j = 0; j < task_.columns; ++j) {
      bias_[j] = static_cast<int32_t>(36u * static_cast<uint32_t>(bias[j]));
    }
  }

  const char* kernel_name() const { return kernel_.name; }

  edgec_status PrepareMemory(PrepareContext& context) {
    context.own_bytes = WinogradWeightCount(task_.depth, task_.columns) * sizeof(int16_t);
    if (!u_.Allocate(context.own_bytes)) {
      return Refuse(context, EDGEC_E_MEMORY, "no memory for the transformed weights");
    }
    TransformWeights(task_, kernel_.pair, reinterpret_cast<int16_t*>(u_.data()));
    ScratchPlan plan;
    plan.Add<int16_t>(uint64_t{group_tiles_} * v_stride_);  // at 0
    m_at_ = plan.Add<int32_t>(uint64_t{kernel_.blocks} * group_tiles_ * kTileElements);
    patch_at_ = plan.Add<int8_t>(uint64_t{kWinogradPositions} * task_.depth);
    result_at_ = plan.Add<int8_t>(task_.residual ? group_tiles_ * ResultBytes() : 0);
    return plan.Request(context);
  }

  edgec_status Run(const RunContext& context) override {
    auto body = [this, &context](size_t begin, size_t end, uint32_t thread) {
      for (size_t item = begin; item < end; ++item) RunItem(item, context.scratch_of(thread));
    };
    const size_t item_macs = group_tiles_ * kWinogradPositions * part_blocks_ * 16 * depth_;
    context.pool.For(groups_ * parts_, GrainOfMacs(item_macs), body);
    return EDGEC_OK;
  }

 private:
  // A group of tiles meets a part of the columns.
  void RunItem(size_t item, uint8_t* scratch) const {
    const size_t group = item % groups_, part = item / groups_;
    const size_t first = group * tiles_.count / groups_;
    const size_t count = (group + 1) * tiles_.count / groups_ - first;
    int16_t* v = reinterpret_cast<int16_t*>(scratch);
    int32_t* m = reinterpret_cast<int32_t*>(scratch + m_at_);
    int8_t* patch = reinterpret_cast<int8_t*>(scratch + patch_at_);
    const auto result = [this, scratch](size_t tile) {
      return reinterpret_cast<int8_t*>(scratch + result_at_) + tile * ResultBytes();
    };
    for (size_t i = 0; i < count; ++i) TransformTile(first + i, patch, v + i * v_stride_);

    const size_t end = std::min(blocks_, (part + 1) * part_blocks_);
    for (size_t block = part * part_blocks_; block < end; block += kernel_.blocks) {
      const size_t now = std::min(kernel_.blocks, end - block);
      const int16_t* u =
          reinterpret_cast<const int16_t*>(u_.data()) + block * kTileElements * depth_;
      kernel_.multiply(count, now, depth_, v, v_stride_, u, m);
      for (size_t b = 0; b < now; ++b) {
        for (size_t i = 0; i < count; ++i) {
          StoreTile(first + i, block + b, m + (b * count + i) * kTileElements,
                    SinkOf(first + i, block + b, result(i)));
        }
      }
    }
    if (!task_.residual) return;
    for (size_t i = 0; i < count; ++i) AddResidual(first + i, part, result(i));
  }

  void TransformTile(size_t tile, int8_t* patch, int16_t* v) const {
    const Conv2dWindow& window = task_.window;
    const TilePosition at(tiles_, tile);
    const int64_t y = at.y - window.pad_top, x = at.x - window.pad_left;
    const int64_t reach = kWinogradPatch;
    const bool inside = y >= 0 && x >= 0 && y + reach <= window.in_h && x + reach <= window.in_w;
    const int8_t* image = task_.x + at.image * window.in_h * window.in_w * window.in_c;
    const size_t line_bytes = kWinogradPatch * task_.depth;
    const int8_t* lines[kWinogradPatch];
    for (int64_t i = 0; i < reach; ++i) {
      const bool line_inside = y + i >= 0 && y + i < window.in_h;
      const int8_t* line = line_inside ? image + (y + i) * window.in_w * window.in_c : nullptr;
      lines[i] = inside ? line + x * window.in_c : patch + static_cast<size_t>(i) * line_bytes;
      if (!inside) CopyLine(line, x, patch + static_cast<size_t>(i) * line_bytes);
    }
    kernel_.input(lines, task_.depth, task_.depth, v);
  }

  // Six pixels from x on of a line, or of none; those outside of the image are padding.
  void CopyLine(const int8_t* line, int64_t x, int8_t* to) const {
    const int64_t in_w = line == nullptr ? 0 : task_.window.in_w;
    const int64_t begin = std::min<int64_t>(std::max<int64_t>(0, -x), kWinogradPatch);
    const int64_t end = std::max(begin, std::min<int64_t>(in_w - x, kWinogradPatch));
    std::fill_n(to, static_cast<size_t>(begin) * task_.depth, task_.padding);
    if (end > begin) {
      std::memcpy(to + static_cast<size_t>(begin) * task_.depth,
                  line + (x + begin) * task_.window.in_c,
                  static_cast<size_t>(end - begin) * task_.depth);
    }
    std::fill(to + static_cast<size_t>(end) * task_.depth, to + kWinogradPatch * task_.depth,
              task_.padding);
  }

  // Outputs of one tile inside of the image, and where the first of them lies in y.
  struct TileArea {
    size_t lines, columns;
    size_t pixel;
  };
  TileArea AreaOf(size_t tile) const {
    const Conv2dWindow& window = task_.window;
    const TilePosition at(tiles_, tile);
    const int64_t size = kWinogradTile;
    return {static_cast<size_t>(std::min(size, window.out_h - at.y)),
            static_cast<size_t>(std::min(size, window.out_w - at.x)),
            static_cast<size_t>((at.image * window.out_h + at.y) * window.out_w + at.x)};
  }

  // Where a block of a tile's outputs goes: y, or with a residual the tile's result in the scratch.
  struct Sink {
    int8_t* to;
    size_t line_stride, pixel_stride;
  };
  Sink SinkOf(size_t tile, size_t block, int8_t* result) const {
    if (task_.residual) {
      const size_t columns = PartColumns(block / part_blocks_);
      return {result + block % part_blocks_ * 16, kWinogradTile * columns, columns};
    }
    return {task_.y + AreaOf(tile).pixel * task_.columns + 16 * block,
            static_cast<size_t>(task_.window.out_w) * task_.columns, task_.columns};
  }

  void StoreTile(size_t tile, size_t block, const int32_t* m, const Sink& sink) const {
    const TileArea area = AreaOf(tile);
    const WinogradS8Tile outputs{area.lines, area.columns, sink.line_stride, sink.pixel_stride};
    WinogradS8Params params{bias_.data() + 16 * block, task_.params.requant};
    params.requant.mult += 16 * block;
    kernel_.output(m, std::min<size_t>(16, task_.columns - 16 * block), &outputs, sink.to, &params);
  }

  void AddResidual(size_t tile, size_t part, const int8_t* result) const {
    const TileArea area = AreaOf(tile);
    const size_t columns = PartColumns(part);
    for (size_t line = 0; line < area.lines; ++line) {
      const size_t pixel = area.pixel + line * static_cast<size_t>(task_.window.out_w);
      task_.residual.Run(area.columns, columns, result + line * kWinogradTile * columns,
                         pixel * task_.columns + part * part_blocks_ * 16, task_.columns, task_.y);
    }
  }

  size_t PartColumns(size_t part) const {
    return std::min(part_blocks_ * 16, task_.columns - part * part_blocks_ * 16);
  }
  size_t ResultBytes() const { return kWinogradTile * kWinogradTile * part_blocks_ * 16; }

  const Conv2dTask<int8_t> task_;
  const WinogradS8Entry& kernel_;
  const WinogradTiles tiles_;
  const size_t depth_;           // channels, rounded up
  const size_t v_stride_;        // from a tile's v to the next
  const size_t blocks_;          // of 16 columns
  size_t groups_, group_tiles_;  // how many groups of tiles, and the most tiles of one
  size_t parts_, part_blocks_;   // the same of blocks
  size_t m_at_ = 0, patch_at_ = 0, result_at_ = 0;
  std::vector<int32_t> bias_;  // 36 times
  AlignedMemory u_;
};

}  // namespace

edgec_status MakeConv2dWinograd(Conv2dTask<int8_t> task, const int32_t* bias,
                                PrepareContext& context, std::unique_ptr<Op>* op) {
  const uint64_t macs =
      uint64_t{WinogradTiles(task.window).count} * WinogradWeightCount(task.depth, task.columns);
  const uint32_t threads = ThreadsWorth(macs, context.threads);
  auto made = std::make_unique<Conv2dWinograd>(std::move(task), bias, threads);
  context.kernel = made->kernel_name();
  if (const edgec_status status = made->PrepareMemory(context)) return status;
  *op = std::move(made);
  return EDGEC_OK;
}

}  // namespace edgec
