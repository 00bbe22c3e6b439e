// Block-sparse weights of a file as an op uses them: from any column on.
#ifndef EDGEC_OPS_SPARSE_COLUMNS_H_
#define EDGEC_OPS_SPARSE_COLUMNS_H_

#include <vector>

#include "kernels/sparse_igemm_s8/sparse_igemm_s8_table.h"

namespace edgec {

struct SparseColumns {
  SparseS8Weights all{};
  size_t taps = 0;
  std::vector<size_t> first_block;  // of columns 0, 16, 32, …

  // From `column` on, a multiple of 16.
  SparseS8Weights From(size_t column) const {
    const size_t block = first_block[column / 16];
    return {all.columns, all.blocks + block * all.columns * 4,
            all.counts + column / all.columns * taps, all.deltas + block};
  }
};

}  // namespace edgec
#endif  // EDGEC_OPS_SPARSE_COLUMNS_H_
