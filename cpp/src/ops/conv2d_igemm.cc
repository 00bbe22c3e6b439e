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

template <class T>
class Conv2dIgemm final : public Op {
 public:
  Conv2dIgemm(Conv2dTask<T> task, uint32_t threads)
      : task_(std::move(task)),
        padding_(task_.depth, task_.padding),
        gather_(task_.depth % Igemm<T>::kDepthStep != 0),
        depth_(RoundUp(task_.window.taps() * task_.depth, Igemm<T>::kDepthStep)),
        row_tiles_((task_.window.rows() - 1) / task_.kernel->mr + 1),
        split_(task_.columns, 16 * depth_ * sizeof(T), task_.groups * row_tiles_, threads) {}

  edgec_status PlanScratch(PrepareContext& context) {
    ScratchPlan plan;
    plan.Add<const T*>(uint64_t{task_.window.taps()} * task_.kernel->mr);  // at 0
    gathered_at_ = plan.Add<T>(gather_ ? uint64_t{task_.kernel->mr} * depth_ : 0);
    return plan.Request(context);
  }

  edgec_status Run(const RunContext& context) override {
    auto body = [this, &context](size_t begin, size_t end, uint32_t thread) {
      for (size_t item = begin; item < end; ++item) RunItem(item, context.scratch_of(thread));
    };
    const size_t item_macs = task_.kernel->mr * split_.chunk_columns * depth_;
    context.pool.For(task_.groups * split_.chunks * row_tiles_, GrainOfMacs(item_macs), body);
    return EDGEC_OK;
  }

 private:
  void RunItem(size_t item, uint8_t* scratch) const {
    const size_t row = item % row_tiles_ * task_.kernel->mr;
    const size_t column = item / row_tiles_ % split_.chunks * split_.chunk_columns;
    const size_t group = item / row_tiles_ / split_.chunks;
    const size_t m = std::min(task_.kernel->mr, task_.window.rows() - row);
    const size_t n = std::min(split_.chunk_columns, task_.columns - column);
    const size_t padded_column = group * RoundUp(task_.columns, 16) + column;

    const size_t y_stride = task_.groups * task_.columns;
    T* y = task_.y + row * y_stride + group * task_.columns + column;
    const T* w = task_.w + padded_column * depth_;
    const T** a = reinterpret_cast<const T**>(scratch);
    const auto params = ParamsAt(task_.params, padded_column);
    if (gather_) {
      GatherRows(group, row, m, reinterpret_cast<T*>(scratch + gathered_at_), a);
      task_.kernel->run(m, n, depth_, 1, a, w, y, y_stride, &params);
    } else {
      PointRows(group, row, m, a);
      task_.kernel->run(m, n, task_.depth, task_.window.taps(), a, w, y, y_stride, &params);
    }
  }

  void PointRows(size_t group, size_t row, size_t m, const T** a) const {
    Conv2dPosition at(task_.window, row);
    for (size_t i = 0; i < m; ++i, at.Next(task_.window)) {
      PointTaps(task_.window, task_.x + group * task_.depth, padding_.data(), at, m, a + i);
    }
  }

  // The depth of a tap does not fit the packing: copy the taps together, and fill up once.
  void GatherRows(size_t group, size_t row, size_t m, T* rows, const T** a) const {
    Conv2dPosition at(task_.window, row);
    const size_t filled = task_.window.taps() * task_.depth;
    for (size_t i = 0; i < m; ++i, at.Next(task_.window), rows += depth_) {
      GatherTaps(task_.window, task_.x + group * task_.depth, padding_.data(), at, task_.depth,
                 rows);
      std::fill(rows + filled, rows + depth_, T{0});
      a[i] = rows;
    }
  }

  const Conv2dTask<T> task_;
  const std::vector<T> padding_;
  const bool gather_;
  const size_t depth_;  // of a row of packed weights: all taps
  const size_t row_tiles_;
  const ColumnSplit split_;
  size_t gathered_at_ = 0;
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
