#include "ops/conv2d_igemm.h"

#include <algorithm>

#include "ops/scratch.h"
#include "ops/split.h"

namespace edgec {
namespace {

constexpr size_t kTileBytes = 4096;  // a small part of an L1 cache, a long row for add_s8

IgemmS8Params ParamsAt(IgemmS8Params params, size_t column) {
  params.bias += column;
  params.requant.mult += column;
  return params;
}

IgemmF32Params ParamsAt(IgemmF32Params params, size_t column) {
  params.bias += column;
  return params;
}

bool ToUnsigned(const KernelEntry<IgemmS8Kernel>& kernel) { return kernel.a_offset != 0; }
bool ToUnsigned(const KernelEntry<IgemmF32Kernel>&) { return false; }

template <class T>
BandNeeds<T> NeedsOf(const Conv2dTask<T>& task, uint32_t threads) {
  BandNeeds<T> needs;
  needs.groups = task.groups;
  needs.depth_step = Igemm<T>::kDepthStep;
  needs.row_step = task.kernel->mr;
  needs.threads = threads;
  needs.weight_bytes = uint64_t{task.columns} * task.window.taps() * task.depth * sizeof(T);
  needs.padding = task.padding;
  needs.to_unsigned = ToUnsigned(*task.kernel);
  return needs;
}

void AddResidual(const Conv2dTask<int8_t>& task, size_t m, size_t n, const int8_t* tile, size_t at,
                 size_t stride) {
  if (task.residual) task.residual.Run(m, n, tile, at, stride, task.y);
}
void AddResidual(const Conv2dTask<float>&, size_t, size_t, const float*, size_t, size_t) {}

template <class T>
class Conv2dIgemm final : public Op {
 public:
  Conv2dIgemm(Conv2dTask<T> task, uint32_t threads)
      : task_(std::move(task)),
        band_(task_.window, NeedsOf(task_, threads)),
        depth_(band_.taps().size() * band_.tap_depth()),
        split_(task_.columns, 16 * depth_ * sizeof(T), task_.groups * band_.count(), threads),
        tile_rows_(RoundUp(kTileBytes / split_.chunk_columns + 1, task_.kernel->mr)) {}

  edgec_status PlanScratch(PrepareContext& context) {
    ScratchPlan plan;
    plan.Add<const T*>(task_.kernel->mr);  // at 0
    band_at_ = plan.Add<T>(band_.scratch_elements());
    tile_at_ = plan.Add<T>(task_.residual ? tile_rows_ * split_.chunk_columns : 0);
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
  // A band's rows and a chunk of weights with its columns.
  struct Chunk {
    const T* begin;  // of the band
    const T* w;
    size_t n;
    typename Igemm<T>::Params params;
  };

  // A band of a group meets a part of the columns, chunk by chunk.
  void RunItem(size_t item, uint8_t* scratch) const {
    const size_t band = item % band_.count();
    const size_t part = item / band_.count() % split_.parts * split_.part_columns;
    const size_t group = item / band_.count() / split_.parts;
    const T* begin = band_.Fill(band, group, task_.x, reinterpret_cast<T*>(scratch + band_at_));
    const size_t end = std::min(part + split_.part_columns, task_.columns);
    for (size_t column = part; column < end; column += split_.chunk_columns) {
      const size_t padded_column = group * RoundUp(task_.columns, 16) + column;
      const Chunk chunk = {begin, task_.w + padded_column * depth_,
                           std::min(split_.chunk_columns, end - column),
                           ParamsAt(task_.params, padded_column)};
      RunChunk(band, chunk, group * task_.columns + column, scratch);
    }
  }

  // With a residual some rows go into the scratch first, and are added while they are in L1.
  void RunChunk(size_t band, const Chunk& chunk, size_t first_column, uint8_t* scratch) const {
    const size_t stride = task_.groups * task_.columns, count = band_.RowCount(band);
    size_t at = band_.FirstRow(band) * stride + first_column;
    if (!task_.residual) return RunRows(chunk, 0, count, task_.y + at, stride, scratch);
    T* tile = reinterpret_cast<T*>(scratch + tile_at_);
    for (size_t row = 0; row < count; row += tile_rows_, at += tile_rows_ * stride) {
      const size_t m = std::min(tile_rows_, count - row);
      RunRows(chunk, row, m, tile, chunk.n, scratch);
      AddResidual(task_, m, chunk.n, tile, at, stride);
    }
  }

  void RunRows(const Chunk& chunk, size_t row, size_t count, T* c, size_t c_stride,
               uint8_t* scratch) const {
    const T** rows = reinterpret_cast<const T**>(scratch);
    const size_t tiles = (count - 1) / task_.kernel->mr + 1;
    for (size_t i = 0, done = 0; i < tiles; ++i) {
      const size_t m = (count - done - 1) / (tiles - i) + 1;  // even tiles, none nearly empty
      band_.PointRows(chunk.begin, row + done, m, rows);
      task_.kernel->run(m, chunk.n, band_.tap_depth(), band_.taps().size(), rows,
                        band_.taps().data(), chunk.w, c + done * c_stride, c_stride, &chunk.params);
      done += m;
    }
  }

  const Conv2dTask<T> task_;
  const BandPlan<T> band_;
  const size_t depth_;  // of a row of packed weights: all taps
  const ColumnSplit split_;
  const size_t tile_rows_;  // that meet the residual at once
  size_t band_at_ = 0, tile_at_ = 0;
};

}  // namespace

template <class T>
edgec_status MakeConv2dIgemm(Conv2dTask<T> task, PrepareContext& context, std::unique_ptr<Op>* op) {
  context.kernel = task.kernel->name;
  auto made = std::make_unique<Conv2dIgemm<T>>(std::move(task), context.threads);
  if (const edgec_status status = made->PlanScratch(context)) return status;
  *op = std::move(made);
  return EDGEC_OK;
}

template edgec_status MakeConv2dIgemm(Conv2dTask<int8_t>, PrepareContext&, std::unique_ptr<Op>*);
template edgec_status MakeConv2dIgemm(Conv2dTask<float>, PrepareContext&, std::unique_ptr<Op>*);

}  // namespace edgec
