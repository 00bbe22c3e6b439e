// Checks a node in the order of the lines, on top of node_check.h. The first that fails is kept
// with its sentence; the ones after it do nothing and give harmless values.
//
//     NodeInspector check(node, context);
//     if (!check.Signature({EDGEC_S8}, EDGEC_S8, 3)) return check.status();
//     const int32_t n = check.Int(0, 1, 1 << 22, "n must lie in 1 .. 2^22");
//     check.Require(..., EDGEC_E_OP_SHAPE, "...");
//     if (!check.ok()) return check.status();
#ifndef EDGEC_OPS_NODE_INSPECTOR_H_
#define EDGEC_OPS_NODE_INSPECTOR_H_

#include <initializer_list>

#include "kernels/simd/s8_range.h"
#include "ops/op.h"

namespace edgec {

class NodeInspector {
 public:
  NodeInspector(const Node& node, PrepareContext& context) : node_(node), context_(context) {}

  // Exactly these inputs, one output and this many params; all present, of these types, plain.
  // Unless it holds, nothing else of the node may be looked at.
  bool Signature(std::initializer_list<edgec_dtype> inputs, edgec_dtype output, uint32_t params);
  // The same for ops that take any type: only the counts and layouts.
  bool Counts(uint32_t inputs, uint32_t params);

  // `sentence` is static and says what must hold.
  void Require(bool condition, edgec_status status, const char* sentence);
  void SameShape(const Tensor& a, const Tensor& b);
  // The input is a constant of so many elements: what Prepare checks in it stays true.
  void Constant(uint32_t input, uint64_t elements, const char* sentence);

  int32_t Int(uint32_t param, int32_t low, int32_t high, const char* sentence);
  int32_t ZeroPoint(uint32_t param);
  float Positive(uint32_t param);  // a normal number above 0: a scale, a multiplier
  float Number(uint32_t param);    // anything but NaN
  // Params zero_point, qmin, qmax from `param` on; or the zero point only, with the whole of int8.
  S8Range Range(uint32_t param);
  S8Range FullRange(uint32_t param);

  bool ok() const { return status_ == EDGEC_OK; }
  edgec_status status() const { return status_; }

 private:
  void Plain(const Tensor& tensor);

  const Node& node_;
  PrepareContext& context_;
  edgec_status status_ = EDGEC_OK;
};

// a · b · c == product, without overflow; all positive.
bool ProductIs(uint64_t a, uint64_t b, uint64_t c, uint64_t product);

inline bool SameDims(const Tensor& a, const Tensor& b) {
  bool same = a.rank == b.rank;
  for (uint32_t i = 0; same && i < a.rank; ++i) same = a.dims[i] == b.dims[i];
  return same;
}

inline size_t ElementBytes(const Tensor& tensor) {
  return static_cast<size_t>(tensor.bytes / tensor.elements());
}

}  // namespace edgec
#endif  // EDGEC_OPS_NODE_INSPECTOR_H_
