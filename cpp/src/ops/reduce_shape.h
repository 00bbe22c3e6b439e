// A tensor seen as [outer, reduce, inner], of which the middle is summed up or searched.
#ifndef EDGEC_OPS_REDUCE_SHAPE_H_
#define EDGEC_OPS_REDUCE_SHAPE_H_

#include <algorithm>

#include "kernels/pool/pool.h"
#include "ops/loop_op.h"
#include "ops/node_inspector.h"

namespace edgec {

class ReduceShape {
 public:
  // From params outer, reduce, inner, which the elements of input and output must fit.
  ReduceShape(const Node& node, NodeInspector& check)
      : outer_(static_cast<size_t>(check.Int(0, 1, INT32_MAX, "outer must be at least 1"))),
        reduce_(static_cast<size_t>(check.Int(1, 1, 1 << 23, "reduce must lie in 1 .. 2^23"))),
        inner_(static_cast<size_t>(check.Int(2, 1, INT32_MAX, "inner must be at least 1"))) {
    check.Require(ProductIs(outer_, reduce_, inner_, node.inputs[0]->elements()), EDGEC_E_OP_SHAPE,
                  "outer * reduce * inner is not the size of the input");
    check.Require(ProductIs(outer_, 1, inner_, node.outputs[0]->elements()), EDGEC_E_OP_SHAPE,
                  "outer * inner is not the size of the output");
  }

  size_t reduce() const { return reduce_; }
  // Whether the elements to reduce lie side by side.
  bool IsRow() const { return inner_ == 1; }

  // If IsRow: an op that calls row(x, out) for each row.
  template <class T, class F>
  std::unique_ptr<Op> MakeRowOp(const Tensor& x, const Tensor& out, F row) const {
    const T* from = x.as<T>();
    T* to = out.out<T>();
    const size_t n = reduce_;
    return MakeLoop(outer_, GrainOf(n, sizeof(T)), [=](size_t begin, size_t end, uint32_t) {
      for (size_t i = begin; i < end; ++i) row(from + i * n, to + i);
    });
  }

  // If not: an op that calls columns(n, window, x, out) for up to 64 neighbours of inner at a time.
  template <class T, class F>
  std::unique_ptr<Op> MakeColumnOp(const Tensor& x, const Tensor& out, F columns) const {
    const T* from = x.as<T>();
    T* to = out.out<T>();
    const size_t inner = inner_, reduce = reduce_;
    const size_t parts = (inner + kPart - 1) / kPart;
    const PoolWindow window = {1, reduce, 0, inner};
    return MakeLoop(outer_ * parts, GrainOf(reduce, std::min(inner, kPart) * sizeof(T)),
                    [=](size_t begin, size_t end, uint32_t) {
                      for (size_t i = begin; i < end; ++i) {
                        const size_t first = i % parts * kPart;
                        const size_t n = std::min(kPart, inner - first);
                        columns(n, window, from + i / parts * reduce * inner + first,
                                to + i / parts * inner + first);
                      }
                    });
  }

 private:
  static constexpr size_t kPart = 64;
  size_t outer_, reduce_, inner_;
};

}  // namespace edgec
#endif  // EDGEC_OPS_REDUCE_SHAPE_H_
