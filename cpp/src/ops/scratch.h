// One thread's scratch memory as consecutive parts, each aligned to 64 bytes.
#ifndef EDGEC_OPS_SCRATCH_H_
#define EDGEC_OPS_SCRATCH_H_

#include <limits>

#include "ops/node_check.h"

namespace edgec {

class ScratchPlan {
 public:
  // Where a part of `count` elements of T begins, in bytes.
  template <class T>
  size_t Add(uint64_t count) {
    const uint64_t begin = bytes_;
    // Parts follow tensors, so they are below 2^48 bytes; a sum that large is refused below anyway.
    bytes_ = RoundUp(bytes_ + count * sizeof(T), 64);
    return static_cast<size_t>(begin);
  }

  // Asks for the sum of the parts.
  edgec_status Request(PrepareContext& context) const {
    if (bytes_ > std::numeric_limits<size_t>::max() / 2) {
      return Refuse(context, EDGEC_E_MEMORY, "the node needs more scratch than this CPU addresses");
    }
    context.scratch_bytes_per_thread = static_cast<size_t>(bytes_);
    return EDGEC_OK;
  }

 private:
  uint64_t bytes_ = 0;
};

}  // namespace edgec
#endif  // EDGEC_OPS_SCRATCH_H_
