// Copies a box of elements between two tensors whose strides differ: what transpose, slice, concat
// and pad are.
#ifndef EDGEC_OPS_STRIDED_COPY_H_
#define EDGEC_OPS_STRIDED_COPY_H_

#include "kernels/transpose/transpose_table.h"
#include "ops/strided_walk.h"

namespace edgec {

// Dims from the outermost in the output to the innermost, which is 1 apart there: stride_a in the
// input, stride_b in the output. `in` and `out` are the first elements of the box.
struct StridedBox {
  WalkDim dims[EDGEC_MAX_RANK];
  uint32_t rank;
  size_t element_bytes;
  const void* in;
  void* out;
};

class StridedCopy {
 public:
  StridedCopy(const StridedBox& box, IsaSet isa);

  void Run(ThreadPool& pool);

 private:
  void PlanRows(const WalkDim* dims, uint32_t rank);
  void PlanTiles(const WalkDim* dims, uint32_t rank, IsaSet isa);
  void CopyRows(size_t begin, size_t end) const;
  void CopyTiles(size_t begin, size_t end) const;

  size_t element_bytes_;
  const uint8_t* in_;
  uint8_t* out_;
  StridedWalk walk_;      // over rows, or over matrices
  size_t row_bytes_ = 0;  // 0: elements of a row are not side by side, so matrices are transposed
  TransposeShape matrix_ = {};
  size_t part_columns_ = 1;
  size_t parts_ = 1;  // of a matrix: column ranges that threads share
  Transpose2dKernel* transpose_ = nullptr;
};

// An op that is one such copy.
class StridedCopyOp final : public Op {
 public:
  StridedCopyOp(const StridedBox& box, IsaSet isa) : copy_(box, isa) {}

  edgec_status Run(const RunContext& context) override {
    copy_.Run(context.pool);
    return EDGEC_OK;
  }

 private:
  StridedCopy copy_;
};

}  // namespace edgec
#endif  // EDGEC_OPS_STRIDED_COPY_H_
