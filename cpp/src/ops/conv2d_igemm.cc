#include "ops/conv2d_igemm.h"

#include <algorithm>

#include "ops/scratch.h"
#include "ops/split.h"

namespace edgec {
namespace {

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

template <class T>
class Conv2dIgemm final : public Op {
 public:
  Conv2dIgemm(Conv2dTask<T> task, uint32_t threads)
      : task_(std::move(task)),
        band_(task_.window, NeedsOf(task_, threads)),
        depth_(band_.taps().size() * band_.tap_depth()),
        split_(task_.columns, 16 * depth_ * sizeof(T), task_.groups * band_.count(), threads) {}

  edgec_status PlanScratch(PrepareContext& context) {
    ScratchPlan plan;
    plan.Add<const T*>(task_.kernel->mr);  // at 0
    band_at_ = plan.Add<T>(band_.scratch_elements());
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
    const T* begin = band_.Fill(band, group, task_.x, reinterpret_cast<T*>(scratch + band_at_));
    const size_t end = std::min(part + split_.part_columns, task_.columns);
    for (size_t column = part; column < end; column += split_.chunk_columns) {
      const size_t n = std::min(split_.chunk_columns, end - column);
      RunChunk(band, group, column, n, begin, reinterpret_cast<const T**>(scratch));
    }
  }

  void RunChunk(size_t band, size_t group, size_t column, size_t n, const T* begin,
                const T** rows) const {
    const size_t padded_column = group * RoundUp(task_.columns, 16) + column;
    const size_t y_stride = task_.groups * task_.columns;
    const T* w = task_.w + padded_column * depth_;
    T* y = task_.y + band_.FirstRow(band) * y_stride + group * task_.columns + column;
    const auto params = ParamsAt(task_.params, padded_column);
    const size_t count = band_.RowCount(band), tiles = (count - 1) / task_.kernel->mr + 1;
    for (size_t tile = 0, row = 0; tile < tiles; ++tile) {
      const size_t m = (count - row - 1) / (tiles - tile) + 1;  // even tiles, none nearly empty
      band_.PointRows(begin, row, m, rows);
      task_.kernel->run(m, n, band_.tap_depth(), band_.taps().size(), rows, band_.taps().data(), w,
                        y + row * y_stride, y_stride, &params);
      row += m;
    }
  }

  const Conv2dTask<T> task_;
  const BandPlan<T> band_;
  const size_t depth_;  // of a row of packed weights: all taps
  const ColumnSplit split_;
  size_t band_at_ = 0;
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
