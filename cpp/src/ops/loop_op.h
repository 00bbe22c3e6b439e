// The Op that most ops are: a body that runs over an index range in parallel and cannot fail.
#ifndef EDGEC_OPS_LOOP_OP_H_
#define EDGEC_OPS_LOOP_OP_H_

#include <utility>

#include "ops/op.h"

namespace edgec {

// About this many bytes of simple work are worth a thread of their own.
constexpr size_t kGrainBytes = 16384;

// How many indices that is when one costs `count` elements of `bytes` bytes each (>= 1).
constexpr size_t GrainOf(uint64_t count, uint64_t bytes) {
  return count * bytes >= kGrainBytes ? 1 : kGrainBytes / static_cast<size_t>(count * bytes);
}

template <class F>
class LoopOp final : public Op {
 public:
  LoopOp(size_t count, size_t grain, F body)
      : count_(count), grain_(grain), body_(std::move(body)) {}

  edgec_status Run(const RunContext& context) override {
    context.pool.For(count_, grain_, body_);
    return EDGEC_OK;
  }

 private:
  size_t count_, grain_;
  F body_;
};

// `body(begin, end, thread)` holds by value all it needs.
template <class F>
std::unique_ptr<Op> MakeLoop(uint64_t count, size_t grain, F body) {
  return std::make_unique<LoopOp<F>>(static_cast<size_t>(count), grain, std::move(body));
}

}  // namespace edgec
#endif  // EDGEC_OPS_LOOP_OP_H_
