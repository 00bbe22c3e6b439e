// Numpy broadcasting of two operands, boiled down to rows: dims that broadcast alike are merged,
// the last becomes the row that a kernel runs over, the others are walked.
#ifndef EDGEC_OPS_BROADCAST_H_
#define EDGEC_OPS_BROADCAST_H_

#include "kernels/eltwise/eltwise.h"
#include "ops/loop_op.h"
#include "ops/strided_walk.h"

namespace edgec {

class Broadcast {
 public:
  // False if the shapes do not broadcast to `out`.
  bool Prepare(const Tensor& a, const Tensor& b, const Tensor& out);

  // An op that calls kernel(operands, n, a, b, out) for all rows.
  template <class T, class F>
  std::unique_ptr<Op> MakeOp(const Tensor& a, const Tensor& b, const Tensor& out, F kernel) const {
    const T *a_0 = a.as<T>(), *b_0 = b.as<T>();
    T* out_0 = out.out<T>();
    const Broadcast plan = *this;
    if (walk_.count() == 1) {
      const size_t step_a = operands_ == Operands::kScalarA ? 0 : 1;
      const size_t step_b = operands_ == Operands::kScalarB ? 0 : 1;
      return MakeLoop(row_, GrainOf(1, sizeof(T)), [=](size_t begin, size_t end, uint32_t) {
        kernel(plan.operands_, end - begin, a_0 + begin * step_a, b_0 + begin * step_b,
               out_0 + begin);
      });
    }
    return MakeLoop(
        walk_.count(), GrainOf(row_, sizeof(T)), [=](size_t begin, size_t end, uint32_t) {
          StridedWalk::Position at = plan.walk_.At(begin);
          for (size_t i = begin; i < end; ++i, plan.walk_.Advance(&at)) {
            kernel(plan.operands_, plan.row_, a_0 + at.a, b_0 + at.b, out_0 + i * plan.row_);
          }
        });
  }

 private:
  StridedWalk walk_;
  size_t row_ = 1;
  Operands operands_ = Operands::kRows;
};

}  // namespace edgec
#endif  // EDGEC_OPS_BROADCAST_H_
