// Walks over an index space of several dims, last dim fastest, and keeps two offsets into memory:
// those of two tensors whose strides differ.
#ifndef EDGEC_OPS_STRIDED_WALK_H_
#define EDGEC_OPS_STRIDED_WALK_H_

#include <cassert>

#include "ops/op.h"

namespace edgec {

struct WalkDim {
  size_t size;
  size_t stride_a, stride_b;  // in elements; 0 repeats the same element
};

class StridedWalk {
 public:
  // Where the walk is. `a` and `b` are the offsets.
  struct Position {
    size_t index[EDGEC_MAX_RANK];
    size_t a, b;
  };

  void Add(const WalkDim& dim) {
    assert(rank_ < EDGEC_MAX_RANK);
    dims_[rank_++] = dim;
    count_ *= dim.size;
  }
  size_t count() const { return count_; }

  Position At(size_t step) const {
    Position at = {};
    for (uint32_t i = rank_; i-- > 0;) {
      at.index[i] = step % dims_[i].size;
      step /= dims_[i].size;
      at.a += at.index[i] * dims_[i].stride_a;
      at.b += at.index[i] * dims_[i].stride_b;
    }
    return at;
  }

  // One step on; from the last position to the first.
  void Advance(Position* at) const {
    for (uint32_t i = rank_; i-- > 0;) {
      at->a += dims_[i].stride_a;
      at->b += dims_[i].stride_b;
      if (++at->index[i] < dims_[i].size) return;
      at->index[i] = 0;
      at->a -= dims_[i].size * dims_[i].stride_a;
      at->b -= dims_[i].size * dims_[i].stride_b;
    }
  }

 private:
  uint32_t rank_ = 0;
  WalkDim dims_[EDGEC_MAX_RANK];
  size_t count_ = 1;
};

}  // namespace edgec
#endif  // EDGEC_OPS_STRIDED_WALK_H_
