// What batch_matmul_s8 and batch_matmul_f32 share: shapes, and how the work is cut.
//
// An item is a matrix of the batch and a chunk of its columns: a thread packs that chunk of b into
// its scratch, then runs all rows of a over it.
#ifndef EDGEC_OPS_BATCH_MATMUL_H_
#define EDGEC_OPS_BATCH_MATMUL_H_

#include "ops/op.h"
#include "ops/split.h"

namespace edgec {

struct BatchMatmulShape {
  size_t batches = 1;
  size_t m = 0, n = 0, k = 0;
  bool transpose_b = false;  // b is [...,n,k]

  // The first element of a column of b, and the distance to its next row.
  size_t ColumnOfB(size_t batch, size_t column) const {
    return batch * n * k + column * (transpose_b ? k : 1);
  }
  size_t b_stride() const { return transpose_b ? k : n; }
};

// Inputs a, b, output y, all of `dtype`, and the first param, transpose_b.
edgec_status ReadBatchMatmulShape(const Node& node, PrepareContext& context, edgec_dtype dtype,
                                  BatchMatmulShape* shape);

}  // namespace edgec
#endif  // EDGEC_OPS_BATCH_MATMUL_H_
