#include "ops/conv2d_igemm.h"

#include <algorithm>

#include "ops/scratch.h"
#include "ops/split.h"

namespace edgec {
namespace {

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

// A kernel, from a column of the weights on.
template <class T>
struct Call {
  const Conv2dTask<T>& task;
  const BandPlan<T>& band;
  const T* w;
  typename Igemm<T>::Params params;

  Call(const Conv2dTask<T>& of, const BandPlan<T>& from, size_t padded_column)
      : task(of),
        band(from),
        w(of.w + padded_column * from.taps().size() * from.tap_depth()),
        params(ParamsAt(of.params, padded_column)) {}

  void operator()(size_t m, size_t n, const T* const* rows, T* y) const {
    task.kernel->run(m, n, band.tap_depth(), band.taps().size(), rows, band.taps().data(), w, y,
                     task.groups * task.columns, &params);
  }
};
template <>
struct Call<SparseS8> {
  const Conv2dTask<SparseS8>& task;
  const BandPlan<int8_t>& band;
  SparseS8Weights w;
  SparseIgemmS8Params params;

  Call(const Conv2dTask<SparseS8>& of, const BandPlan<int8_t>& from, size_t column)
      : task(of), band(from), w(of.w.From(column)), params(ParamsAt(of.params, column)) {}

  void operator()(size_t m, size_t n, const int8_t* const* rows, int8_t* y) const {
    task.kernel->run(m, n, band.taps().size(), rows, band.taps().data(), &w, y, task.columns,
                     &params);
  }
};

template <class T>
class Conv2dIgemm final : public Op {
  using Element = typename Igemm<T>::Element;

 public:
  Conv2dIgemm(Conv2dTask<T> task, uint32_t threads)
      : task_(std::move(task)),
        band_(task_.window, NeedsOf(task_, threads)),
        depth_(KeptDepth(task_, band_.taps().size() * band_.tap_depth())),
        split_(task_.columns, 16 * depth_ * sizeof(Element), task_.groups * band_.count(),
               threads) {}

  edgec_status PlanScratch(PrepareContext& context) {
    ScratchPlan plan;
    plan.Add<const Element*>(task_.kernel->mr);  // at 0
    band_at_ = plan.Add<Element>(band_.scratch_elements());
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
      const size_t n = std::min(split_.chunk_columns, end - column);
      RunChunk(band, group, column, n, begin, reinterpret_cast<const Element**>(scratch));
    }
  }

  void RunChunk(size_t band, size_t group, size_t column, size_t n, const Element* begin,
                const Element** rows) const {
    const size_t padded_column = group * RoundUp(task_.columns, 16) + column;
    const size_t y_stride = task_.groups * task_.columns;
    const Call<T> call(task_, band_, padded_column);
    Element* y = task_.y + band_.FirstRow(band) * y_stride + group * task_.columns + column;
    const size_t count = band_.RowCount(band), tiles = (count - 1) / task_.kernel->mr + 1;
    for (size_t tile = 0, row = 0; tile < tiles; ++tile) {
      const size_t m = (count - row - 1) / (tiles - tile) + 1;  // even tiles, none nearly empty
      band_.PointRows(begin, row, m, rows);
      call(m, n, rows, y + row * y_stride);
      row += m;
    }
  }

  const Conv2dTask<T> task_;
  const BandPlan<Element> band_;
  const size_t depth_;  // of a column's weights: all taps
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
template edgec_status MakeConv2dIgemm(Conv2dTask<SparseS8>, PrepareContext&, std::unique_ptr<Op>*);
template edgec_status MakeConv2dIgemm(Conv2dTask<float>, PrepareContext&, std::unique_ptr<Op>*);

}  // namespace edgec
