// A sum that an int8 convolution or fully connected layer does itself: what its kernel gives is
// added to another tensor while it is still in the cache, and never lies in the arena.
//
//     kernel ─► tile (scratch) ─┐
//                               add_s8 ─► y, which may lie exactly on the residual
//     residual ─────────────────┘
#ifndef EDGEC_OPS_RESIDUAL_ADD_H_
#define EDGEC_OPS_RESIDUAL_ADD_H_

#include "kernels/eltwise/eltwise_table.h"
#include "ops/op.h"

namespace edgec {

// A node with a residual has one input more, and these params more: those of add_s8.
constexpr uint32_t kAddS8Params = 7;

// Params bias, mult_a, mult_b, shift, zp_out, qmin, qmax of a sum from `first_param`.
edgec_status ReadAddS8Params(const Node& node, PrepareContext& context, uint32_t first_param,
                             AddS8Params* params);

class ResidualAdd {
 public:
  // The last input of `node`, and params from `first_param`: a is the layer's own result.
  edgec_status Prepare(const Node& node, PrepareContext& context, uint32_t first_param);

  explicit operator bool() const { return add_ != nullptr; }

  // y[i][j] = tile[i][j] + residual[i][j] for m rows of n elements. The tile's rows lie n apart,
  // the others `stride`; `at` is where the first row begins in y and in the residual.
  void Run(size_t m, size_t n, const int8_t* tile, size_t at, size_t stride, int8_t* y) const;

 private:
  const int8_t* residual_ = nullptr;
  AddS8Kernel* add_ = nullptr;
  AddS8Params params_{};
};

}  // namespace edgec
#endif  // EDGEC_OPS_RESIDUAL_ADD_H_
