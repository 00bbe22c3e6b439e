#include "ops/broadcast.h"

#include <algorithm>

namespace edgec {
namespace {

// Dim i of `rank` as seen by an operand whose dims are aligned to the right: missing ones count
// as 1.
uint32_t AlignedDim(const Tensor& tensor, uint32_t rank, uint32_t i) {
  const uint32_t missing = rank - tensor.rank;
  return i < missing ? 1 : tensor.dims[i - missing];
}

bool Fits(uint32_t dim_a, uint32_t dim_b, uint32_t dim_out) {
  return (dim_a == dim_out || dim_a == 1) && (dim_b == dim_out || dim_b == 1) &&
         dim_out == std::max(dim_a, dim_b);
}

// Both operands go on (or stand still) from one dim to the other.
bool Merges(const WalkDim& inner, const WalkDim& outer) {
  return (inner.stride_a == 0) == (outer.stride_a == 0) &&
         (inner.stride_b == 0) == (outer.stride_b == 0);
}

}  // namespace

bool Broadcast::Prepare(const Tensor& a, const Tensor& b, const Tensor& out) {
  if (out.rank != std::max(a.rank, b.rank)) return false;
  WalkDim dims[EDGEC_MAX_RANK];  // innermost first
  uint32_t count = 0;
  size_t elements_a = 1, elements_b = 1;
  for (uint32_t i = out.rank; i-- > 0;) {
    const uint32_t dim_a = AlignedDim(a, out.rank, i), dim_b = AlignedDim(b, out.rank, i);
    if (!Fits(dim_a, dim_b, out.dims[i])) return false;
    if (out.dims[i] == 1) continue;
    const WalkDim dim = {out.dims[i], dim_a == 1 ? 0 : elements_a, dim_b == 1 ? 0 : elements_b};
    elements_a *= dim_a;
    elements_b *= dim_b;
    if (count > 0 && Merges(dims[count - 1], dim)) {
      dims[count - 1].size *= dim.size;
    } else {
      dims[count++] = dim;
    }
  }
  if (count == 0) return true;
  row_ = dims[0].size;
  if (dims[0].stride_a == 0) operands_ = Operands::kScalarA;
  if (dims[0].stride_b == 0) operands_ = Operands::kScalarB;
  while (count-- > 1) walk_.Add(dims[count]);
  return true;
}

}  // namespace edgec
