// Small questions that Prepare functions ask of a node that came from a file.
#ifndef EDGEC_OPS_NODE_CHECK_H_
#define EDGEC_OPS_NODE_CHECK_H_

#include <initializer_list>

#include "ops/op.h"

namespace edgec {

// Says why in one static sentence, and returns `status`.
edgec_status Refuse(PrepareContext& context, edgec_status status, const char* sentence);

// EDGEC_OK if the node has exactly these counts and every input is present.
edgec_status CheckCounts(const Node& node, PrepareContext& context, uint32_t inputs,
                         uint32_t outputs, uint32_t params);

// Whether the tensor is of this type, plain (row-major), and of this rank.
bool IsPlain(const Tensor& tensor, edgec_dtype dtype, uint32_t rank);
// The same for a constant in the file.
bool IsConstant(const Tensor& tensor, edgec_dtype dtype, Layout layout, uint32_t rank);
// Whether the dims, all of them, are these.
bool HasDims(const Tensor& tensor, std::initializer_list<uint64_t> dims);

// Whether low ≤ param ≤ high, for params first .. last.
bool ParamsWithin(const Node& node, uint32_t first, uint32_t last, int32_t low, int32_t high);

// ⌈count / step⌉, and that many steps.
constexpr uint64_t DivideUp(uint64_t count, uint64_t step) { return (count + step - 1) / step; }
constexpr uint64_t RoundUp(uint64_t count, uint64_t step) { return DivideUp(count, step) * step; }

}  // namespace edgec
#endif  // EDGEC_OPS_NODE_CHECK_H_
