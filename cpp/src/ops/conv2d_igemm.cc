#include "ops/conv2d_igemm.h"

#include <algorithm>

#include "ops/scratch.h"
#include "ops/split.h"

namespace edgec {
namespace {

constexpr size_t kTileBytes = 4096;  // a small part of an L1 cache, a long row for add_s8

// The params from a column on.
template <class Params>
Params ParamsAt(Params params, size_t column) {
  params.bias += column;
  params.requant.mult += column;
  return params;
}

IgemmF32Params ParamsAt(IgemmF32Params params, size_t column) {
  params.bias += column;
  return params;
}

template <class Kernel>
bool ToUnsigned(const KernelEntry<Kernel>& kernel) {
  return kernel.a_offset != 0;
}
bool ToUnsigned(const KernelEntry<IgemmF32Kernel>&) { return false; }

size_t TileOf(const KernelEntry<IgemmS8Kernel>& kernel) { return kernel.tile; }
template <class Kernel>
size_t TileOf(const KernelEntry<Kernel>&) {
  return 1;
}

// How much of the depth there are weights for, on average.
template <class T>
size_t KeptDepth(const Conv2dTask<T>& /*task*/, size_t depth) {
  return depth;
}
size_t KeptDepth(const Conv2dTask<SparseS8>& task, size_t /*depth*/) {
  return 4 * task.w.all.columns * task.w.first_block.back() / task.columns + 1;
}

template <class T>
BandNeeds<typename Igemm<T>::Element> NeedsOf(const Conv2dTask<T>& task, uint32_t threads) {
  BandNeeds<typename Igemm<T>::Element> needs;
  needs.groups = task.groups;
  needs.depth_step = Igemm<T>::kDepthStep;
  needs.row_step = task.kernel->mr;
  needs.threads = threads;
  const size_t depth = KeptDepth(task, task.window.taps() * task.depth);
  needs.weight_bytes = uint64_t{task.columns} * depth * sizeof(typename Igemm<T>::Element);
  needs.padding = task.padding;
  needs.to_unsigned = ToUnsigned(*task.kernel);
  return needs;
}

// Weights from a column on.
template <class T>
const T* WeightsFrom(const T* w, size_t column, size_t depth) {
  return w + column * depth;
}
SparseS8Weights WeightsFrom(const SparseColumns& w, size_t column, size_t /*depth*/) {
  return w.From(column);
}

// A band's rows and a chunk of weights with its columns.
template <class T>
struct Chunk {
  const typename Igemm<T>::Element* begin;  // of the band
  decltype(WeightsFrom(typename Igemm<T>::Weights{}, 0, 0)) w;
  size_t n;
  typename Igemm<T>::Params params;
};

// A kernel's result for m rows.
template <class T>
struct Tile {
  size_t m;
  const T* const* rows;
  T* c;
  size_t c_stride;
};

template <class T>
void RunKernel(const KernelEntry<typename Igemm<T>::Kernel>& kernel, const BandPlan<T>& band,
               const Chunk<T>& chunk, const Tile<T>& tile) {
  kernel.run(tile.m, chunk.n, band.tap_depth(), band.taps().size(), tile.rows, band.taps().data(),
             chunk.w, tile.c, tile.c_stride, &chunk.params);
}
void RunKernel(const KernelEntry<SparseIgemmS8Kernel>& kernel, const BandPlan<int8_t>& band,
               const Chunk<SparseS8>& chunk, const Tile<int8_t>& tile) {
  kernel.run(tile.m, chunk.n, band.taps().size(), tile.rows, band.taps().data(), &chunk.w, tile.c,
             tile.c_stride, &chunk.params);
}

template <class T>
void AddResidual(const Conv2dTask<T>& task, size_t m, size_t n, const int8_t* tile, size_t at,
                 size_t stride) {
  if (task.residual) task.residual.Run(m, n, tile, at, stride, task.y);
}
void AddResidual(const Conv2dTask<float>&, size_t, size_t, const float*, size_t, size_t) {}

template <class T>
class Conv2dIgemm final : public Op {
  using Element = typename Igemm<T>::Element;

 public:
  Conv2dIgemm(Conv2dTask<T> task, uint32_t threads)
      : task_(std::move(task)),
        band_(task_.window, NeedsOf(task_, threads)),
        depth_(KeptDepth(task_, band_.taps().size() * band_.tap_depth())),
        split_(task_.columns, 16 * depth_ * sizeof(Element), task_.groups * band_.count(), threads),
        tile_rows_(RoundUp(kTileBytes / split_.chunk_columns + 1, task_.kernel->mr)) {}

  edgec_status PlanScratch(PrepareContext& context) {
    ScratchPlan plan;
    plan.Add<const Element*>(task_.kernel->mr);  // at 0
    band_at_ = plan.Add<Element>(band_.scratch_elements());
    tile_at_ = plan.Add<Element>(task_.residual ? tile_rows_ * split_.chunk_columns : 0);
    return plan.Request(context);
  }

  edgec_status Run(const RunContext& context) override {
    auto body = [this, &context](size_t begin, size_t end, uint32_t thread) {
      for (size_t item = begin; item < end; ++item) RunItem(item, context.scratch_of(thread));
    };
    const size_t item_macs = band_.most_rows() * split_.part_columns * depth_;
    context.pool.For(task_.groups * split_.parts * band_.count(), GrainOfMacs(item_macs), body);
    return EDGEC_OK;
  }

 private:
  // A band of a group meets a part of the columns, chunk by chunk.
  void RunItem(size_t item, uint8_t* scratch) const {
    const size_t band = item % band_.count();
    const size_t part = item / band_.count() % split_.parts * split_.part_columns;
    const size_t group = item / band_.count() / split_.parts;
    const Element* begin =
        band_.Fill(band, group, task_.x, reinterpret_cast<Element*>(scratch + band_at_));
    const size_t end = std::min(part + split_.part_columns, task_.columns);
    for (size_t column = part; column < end; column += split_.chunk_columns) {
      const size_t padded_column = group * RoundUp(task_.columns, 16) + column;
      const Chunk<T> chunk = {begin, WeightsFrom(task_.w, padded_column, depth_),
                              std::min(split_.chunk_columns, end - column),
                              ParamsAt(task_.params, padded_column)};
      RunChunk(band, chunk, group * task_.columns + column, scratch);
    }
  }

  // With a residual some rows go into the scratch first, and are added while they are in L1.
  void RunChunk(size_t band, const Chunk<T>& chunk, size_t first_column, uint8_t* scratch) const {
    const size_t stride = task_.groups * task_.columns, count = band_.RowCount(band);
    size_t at = band_.FirstRow(band) * stride + first_column;
    if (!task_.residual) return RunRows(chunk, 0, count, task_.y + at, stride, scratch);
    Element* tile = reinterpret_cast<Element*>(scratch + tile_at_);
    for (size_t row = 0; row < count; row += tile_rows_, at += tile_rows_ * stride) {
      const size_t m = std::min(tile_rows_, count - row);
      RunRows(chunk, row, m, tile, chunk.n, scratch);
      AddResidual(task_, m, chunk.n, tile, at, stride);
    }
  }

  void RunRows(const Chunk<T>& chunk, size_t row, size_t count, Element* c, size_t c_stride,
               uint8_t* scratch) const {
    const Element** rows = reinterpret_cast<const Element**>(scratch);
    const size_t calls = (count - 1) / task_.kernel->mr + 1;
    // As even as tiles allow, so that the last is not nearly empty.
    const size_t most = RoundUp((count - 1) / calls + 1, TileOf(*task_.kernel));
    auto walk = band_.WalkFrom(chunk.begin, row);
    for (size_t done = 0, m; done < count; done += m) {
      m = std::min(most, count - done);
      band_.PointRows(&walk, m, rows);
      RunKernel(*task_.kernel, band_, chunk, Tile<Element>{m, rows, c + done * c_stride, c_stride});
    }
  }

  const Conv2dTask<T> task_;
  const BandPlan<Element> band_;
  const size_t depth_;  // of a column's weights: all taps
  const ColumnSplit split_;
  const size_t tile_rows_;  // that meet the residual at once
  size_t band_at_ = 0, tile_at_ = 0;
};

}  // namespace

template <class T>
edgec_status MakeConv2dIgemm(Conv2dTask<T> task, PrepareContext& context, std::unique_ptr<Op>* op) {
  context.kernel = task.kernel->name;
  const uint64_t macs =
      uint64_t{task.window.rows()} * task.groups * task.columns * task.window.taps() * task.depth;
  auto made =
      std::make_unique<Conv2dIgemm<T>>(std::move(task), ThreadsWorth(macs, context.threads));
  if (const edgec_status status = made->PlanScratch(context)) return status;
  *op = std::move(made);
  return EDGEC_OK;
}

template edgec_status MakeConv2dIgemm(Conv2dTask<int8_t>, PrepareContext&, std::unique_ptr<Op>*);
template edgec_status MakeConv2dIgemm(Conv2dTask<SparseS8>, PrepareContext&, std::unique_ptr<Op>*);
template edgec_status MakeConv2dIgemm(Conv2dTask<float>, PrepareContext&, std::unique_ptr<Op>*);

}  // namespace edgec
