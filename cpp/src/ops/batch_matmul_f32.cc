// batch_matmul_f32: packs b at run time, then igemm.
#include <algorithm>
#include <limits>
#include <vector>

#include "kernels/igemm_f32/igemm_f32_table.h"
#include "kernels/pack_b/pack_b_table.h"
#include "ops/batch_matmul.h"
#include "ops/scratch.h"

namespace edgec {
namespace {

struct BatchMatmulTask {
  BatchMatmulShape shape;
  const float* a;
  const float* b;
  float* y;
  const KernelEntry<IgemmF32Kernel>* kernel;
  PackBF32Kernel* pack;
};

class BatchMatmulF32 final : public Op {
 public:
  BatchMatmulF32(const BatchMatmulTask& task, uint32_t threads)
      : task_(task),
        split_(task.shape.n, 16 * task.shape.k * sizeof(float), task.shape.batches, threads),
        zeros_(split_.chunk_columns) {}

  edgec_status PlanScratch(PrepareContext& context) {
    ScratchPlan plan;
    w_at_ = plan.Add<float>(uint64_t{split_.chunk_columns} * task_.shape.k);
    rows_at_ = plan.Add<const float*>(task_.kernel->mr);
    return plan.Request(context);
  }

  edgec_status Run(const RunContext& context) override {
    auto body = [this, &context](size_t begin, size_t end, uint32_t thread) {
      for (size_t item = begin; item < end; ++item) RunItem(item, context.scratch_of(thread));
    };
    const size_t item_macs = task_.shape.m * split_.chunk_columns * task_.shape.k;
    context.pool.For(task_.shape.batches * split_.chunks, GrainOfMacs(item_macs), body);
    return EDGEC_OK;
  }

 private:
  void RunItem(size_t item, uint8_t* scratch) const {
    constexpr ptrdiff_t kOneTap = 0;
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    const BatchMatmulShape& shape = task_.shape;
    const IgemmF32Params params{zeros_.data(), -kInfinity, kInfinity};
    const size_t batch = item / split_.chunks;
    const size_t column = item % split_.chunks * split_.chunk_columns;
    const size_t n = std::min(split_.chunk_columns, shape.n - column);
    float* w = reinterpret_cast<float*>(scratch + w_at_);
    const float** rows = reinterpret_cast<const float**>(scratch + rows_at_);
    task_.pack(n, shape.k, task_.b + shape.ColumnOfB(batch, column), shape.b_stride(), w);
    for (size_t row = 0; row < shape.m; row += task_.kernel->mr) {
      const size_t m = std::min(task_.kernel->mr, shape.m - row);
      const size_t first = batch * shape.m + row;
      for (size_t i = 0; i < m; ++i) rows[i] = task_.a + (first + i) * shape.k;
      task_.kernel->run(m, n, shape.k, 1, rows, &kOneTap, w, task_.y + first * shape.n + column,
                        shape.n, &params);
    }
  }

  const BatchMatmulTask task_;
  const ColumnSplit split_;
  const std::vector<float> zeros_;  // bias
  size_t w_at_ = 0, rows_at_ = 0;
};

}  // namespace

edgec_status PrepareBatchMatmulF32(const Node& node, PrepareContext& context,
                                   std::unique_ptr<Op>* op) {
  if (const edgec_status status = CheckCounts(node, context, 2, 1, 1)) return status;
  BatchMatmulTask task{};
  if (const edgec_status status = ReadBatchMatmulShape(node, context, EDGEC_F32, &task.shape)) {
    return status;
  }
  task.a = node.inputs[0]->as<float>();
  task.b = node.inputs[1]->as<float>();
  task.y = node.outputs[0]->out<float>();
  task.kernel = &IgemmF32Kernels().Best(context.isa);
  task.pack =
      (task.shape.transpose_b ? PackBNkF32Kernels() : PackBKnF32Kernels()).Best(context.isa).run;
  context.kernel = task.kernel->name;
  auto made = std::make_unique<BatchMatmulF32>(task, context.threads);
  if (const edgec_status status = made->PlanScratch(context)) return status;
  *op = std::move(made);
  return EDGEC_OK;
}

}  // namespace edgec
