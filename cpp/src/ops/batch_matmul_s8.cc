// batch_matmul_s8: packs b at run time, then igemm. With s = zero points, the products expand to
//
//     Σ (a − s_a)(b − s_b) = Σ a·b − s_a·Σb + k·s_a·s_b  − s_b·Σa
//                                    └ bias of a column ┘  └ offset of a row ┘
#include <algorithm>
#include <vector>

#include "kernels/igemm_s8/igemm_s8_table.h"
#include "kernels/pack_b/pack_b_table.h"
#include "kernels/reduce/reduce_table.h"
#include "ops/batch_matmul.h"
#include "ops/igemm_operands.h"
#include "ops/scratch.h"

namespace edgec {
namespace {

struct BatchMatmulTask {
  BatchMatmulShape shape;
  const int8_t* a;
  const int8_t* b;
  int8_t* y;
  int32_t zp_a, zp_b;
  RequantS8 requant;  // with one multiplier
  const KernelEntry<IgemmS8Kernel>* kernel;
  PackBS8Kernel* pack;
  SumRowS8Kernel* sum_row;
};

class BatchMatmulS8 final : public Op {
 public:
  BatchMatmulS8(const BatchMatmulTask& task, uint32_t threads)
      : task_(task),
        depth_(RoundUp(task.shape.k, 4)),
        split_(task.shape.n, 16 * depth_, task.shape.batches, threads),
        mult_(split_.chunk_columns, *task.requant.mult) {
    task_.requant.mult = mult_.data();
  }

  edgec_status PlanScratch(PrepareContext& context) {
    const uint64_t mr = task_.kernel->mr;
    ScratchPlan plan;
    w_at_ = plan.Add<int8_t>(uint64_t{split_.chunk_columns} * depth_);
    bias_at_ = plan.Add<int32_t>(split_.chunk_columns);
    rows_at_ = plan.Add<const int8_t*>(mr);
    offsets_at_ = plan.Add<int32_t>(mr);
    copies_at_ = plan.Add<int8_t>(CopiesRows() ? mr * depth_ : 0);
    return plan.Request(context);
  }

  edgec_status Run(const RunContext& context) override {
    auto body = [this, &context](size_t begin, size_t end, uint32_t thread) {
      for (size_t item = begin; item < end; ++item) RunItem(item, context.scratch_of(thread));
    };
    const size_t item_macs = task_.shape.m * split_.chunk_columns * depth_;
    context.pool.For(task_.shape.batches * split_.chunks, GrainOfMacs(item_macs), body);
    return EDGEC_OK;
  }

 private:
  void RunItem(size_t item, uint8_t* scratch) const {
    const BatchMatmulShape& shape = task_.shape;
    const size_t batch = item / split_.chunks;
    const size_t column = item % split_.chunks * split_.chunk_columns;
    const size_t n = std::min(split_.chunk_columns, shape.n - column);
    int8_t* w = reinterpret_cast<int8_t*>(scratch + w_at_);
    int32_t* bias = reinterpret_cast<int32_t*>(scratch + bias_at_);
    task_.pack(n, shape.k, task_.b + shape.ColumnOfB(batch, column), shape.b_stride(), w, bias);
    SumsToBias(RoundUp(n, 16), bias);
    for (size_t row = 0; row < shape.m; row += task_.kernel->mr) {
      const size_t m = std::min(task_.kernel->mr, shape.m - row);
      RunRows(task_.a + (batch * shape.m + row) * shape.k, m, n, scratch,
              task_.y + (batch * shape.m + row) * shape.n + column);
    }
  }

  void RunRows(const int8_t* a, size_t m, size_t n, uint8_t* scratch, int8_t* y) const {
    const int8_t** rows = reinterpret_cast<const int8_t**>(scratch + rows_at_);
    int32_t* offsets = reinterpret_cast<int32_t*>(scratch + offsets_at_);
    int8_t* copies = reinterpret_cast<int8_t*>(scratch + copies_at_);
    const size_t k = task_.shape.k;
    for (size_t i = 0; i < m; ++i, a += k) {
      rows[i] = CopiesRows() ? CopyRow(a, copies + i * depth_) : a;
      if (task_.zp_b != 0) offsets[i] = RowOffset(a);
    }
    const IgemmS8Params params{reinterpret_cast<const int32_t*>(scratch + bias_at_),
                               task_.zp_b != 0 ? offsets : nullptr, task_.requant};
    constexpr ptrdiff_t kOneTap = 0;
    task_.kernel->run(m, n, depth_, 1, rows, &kOneTap,
                      reinterpret_cast<const int8_t*>(scratch + w_at_), y, task_.shape.n, &params);
  }

  // In place; unsigned, for sums wrap modulo 2^32 as the kernels' do.
  void SumsToBias(size_t columns, int32_t* sums) const {
    const uint32_t zp_a = static_cast<uint32_t>(task_.zp_a + task_.kernel->a_offset);
    const uint32_t both =
        static_cast<uint32_t>(task_.shape.k) * static_cast<uint32_t>(task_.zp_a * task_.zp_b);
    for (size_t j = 0; j < columns; ++j) {
      sums[j] = static_cast<int32_t>(both - zp_a * static_cast<uint32_t>(sums[j]));
    }
  }

  int32_t RowOffset(const int8_t* a) const {
    const uint32_t sum = static_cast<uint32_t>(task_.sum_row(task_.shape.k, a));
    return static_cast<int32_t>(sum * static_cast<uint32_t>(-task_.zp_b));
  }

  bool CopiesRows() const { return depth_ != task_.shape.k || task_.kernel->a_offset != 0; }

  // Shifted as the kernel wants it, and filled up: what is beyond k meets zeros.
  const int8_t* CopyRow(const int8_t* a, int8_t* copy) const {
    const uint8_t offset = static_cast<uint8_t>(task_.kernel->a_offset);
    const size_t k = task_.shape.k, depth = depth_;  // known not to change with the bytes
    for (size_t p = 0; p < k; ++p) {
      copy[p] = static_cast<int8_t>(static_cast<uint8_t>(a[p]) + offset);
    }
    for (size_t p = k; p < depth; ++p) copy[p] = 0;
    return copy;
  }

  BatchMatmulTask task_;
  const size_t depth_;
  const ColumnSplit split_;
  const std::vector<float> mult_;  // one multiplier for all columns
  size_t w_at_ = 0, bias_at_ = 0, rows_at_ = 0, offsets_at_ = 0, copies_at_ = 0;
};

}  // namespace

edgec_status PrepareBatchMatmulS8(const Node& node, PrepareContext& context,
                                  std::unique_ptr<Op>* op) {
  if (const edgec_status status = CheckCounts(node, context, 2, 1, 7)) return status;
  BatchMatmulTask task{};
  if (const edgec_status status = ReadBatchMatmulShape(node, context, EDGEC_S8, &task.shape)) {
    return status;
  }
  if (!ParamsWithin(node, 1, 2, -128, 127)) {
    return Refuse(context, EDGEC_E_OP_PARAM, "zp_a and zp_b must lie in -128..127");
  }
  const float mult = node.param_f32(3);
  if (const edgec_status status = ReadRequant(node, context, 4, &mult, 1, &task.requant)) {
    return status;
  }
  task.a = node.inputs[0]->as<int8_t>();
  task.b = node.inputs[1]->as<int8_t>();
  task.y = node.outputs[0]->out<int8_t>();
  task.zp_a = node.params[1];
  task.zp_b = node.params[2];
  task.kernel = &BestForAnyWeights(context.isa);
  task.pack =
      (task.shape.transpose_b ? PackBNkS8Kernels() : PackBKnS8Kernels()).Best(context.isa).run;
  task.sum_row = SumRowS8Kernels().Best(context.isa).run;
  context.kernel = task.kernel->name;
  auto made = std::make_unique<BatchMatmulS8>(task, context.threads);
  if (const edgec_status status = made->PlanScratch(context)) return status;
  *op = std::move(made);
  return EDGEC_OK;
}

}  // namespace edgec
