#include "format/overlap.h"

#include <cstring>

#include "base/status.h"

namespace edgec {
namespace {

struct InPlace {
  const char* op;
  uint32_t inputs;
};
constexpr InPlace kInPlace[] = {
    {"reshape", 1},
    {"lut_s8", 1},
    {"unary_f32", 1},
    {"softmax_s8", 1},
    {"softmax_f32", 1},
    {"layer_norm_s8", 1},
    {"layer_norm_f32", 1},
    {"exit_f32", 1},
    {"add_s8", 3},
    {"mul_s8", 3},
    {"binary_f32", 3},
    {"conv2d_s8", 1 << 5},
    {"fully_connected_s8", 1 << 5},
    {"sparse_conv2d_s8", 1 << 7},
    {"sparse_fully_connected_s8", 1 << 7},
};

bool Overlap(const TensorRecord& a, const TensorRecord& b) {
  return a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;
}

// Whether parts of a tensor along this dim follow one another in memory.
bool InOnePiece(const TensorRecord& tensor, uint32_t dim) {
  for (uint32_t i = 0; i < dim; ++i) {
    if (tensor.dims[i] != 1) return false;
  }
  return true;
}

// The output is the part of x that the slice takes, and that is in one piece.
bool IsSlice(const NodeRecord& node, const TensorRecord& x, const TensorRecord& output) {
  const uint32_t rank = x.rank;
  if (std::strcmp(node.op, "slice") != 0 || node.param_count != 2 * rank || output.rank != rank ||
      output.dtype != x.dtype) {
    return false;
  }
  uint64_t first = 0;
  bool cut = false;  // a dim of more than one element came before
  for (uint32_t i = 0; i < rank; ++i) {
    const int64_t start = node.params[i];
    if (start < 0 || start + output.dims[i] > x.dims[i]) return false;
    if (cut && output.dims[i] != x.dims[i]) return false;
    if (!cut && output.dims[i] != 1 && node.params[rank + i] != 1) return false;
    cut = cut || output.dims[i] != 1;
    first = first * x.dims[i] + static_cast<uint64_t>(start);
  }
  return output.offset == x.offset + first * ElementBytes(x.dtype);
}

// Input i lies where the concatenation puts it.
bool IsPart(const ModelFile& file, const NodeRecord& node, uint32_t i, const TensorRecord& output) {
  if (std::strcmp(node.op, "concat") != 0 || node.param_count != 1) return false;
  const int32_t axis = node.params[0];
  if (axis < 0 || static_cast<uint32_t>(axis) >= output.rank ||
      !InOnePiece(output, static_cast<uint32_t>(axis))) {
    return false;
  }
  uint64_t before = 0;
  for (uint32_t j = 0; j < i; ++j) {
    if (node.inputs[j] < 0) return false;
    before += file.tensors[node.inputs[j]].bytes;
  }
  const TensorRecord& part = file.tensors[node.inputs[i]];
  return part.offset == output.offset + before && before + part.bytes <= output.bytes;
}

bool MayOverlap(const ModelFile& file, const NodeRecord& node, uint32_t i,
                const TensorRecord& output) {
  const TensorRecord& input = file.tensors[node.inputs[i]];
  const bool same = input.offset == output.offset && input.bytes == output.bytes;
  if (same && i < 32 && ((InPlaceInputs(node.op) >> i) & 1u) != 0) return true;
  return IsSlice(node, input, output) || IsPart(file, node, i, output);
}

edgec_status CheckOverlapOf(const ModelFile& file, const NodeRecord& node, uint32_t output_index) {
  const TensorRecord& output = file.tensors[node.outputs[output_index]];
  for (uint32_t i = 0; i < node.input_count; ++i) {
    if (node.inputs[i] < 0) continue;
    const TensorRecord& input = file.tensors[node.inputs[i]];
    if (input.constant || !Overlap(input, output) || MayOverlap(file, node, i, output)) continue;
    return Fail(EDGEC_E_OVERLAP, "node '%s' (%s): output '%s' overlaps input '%s'", node.name,
                node.op, output.name, input.name);
  }
  for (uint32_t i = 0; i < output_index; ++i) {
    const TensorRecord& other = file.tensors[node.outputs[i]];
    if (Overlap(other, output)) {
      return Fail(EDGEC_E_OVERLAP, "node '%s' (%s): outputs '%s' and '%s' overlap", node.name,
                  node.op, other.name, output.name);
    }
  }
  return EDGEC_OK;
}

}  // namespace

uint32_t InPlaceInputs(const char* op) {
  for (const InPlace& entry : kInPlace) {
    if (std::strcmp(op, entry.op) == 0) return entry.inputs;
  }
  return 0;
}

edgec_status CheckOverlap(const ModelFile& file) {
  for (const NodeRecord& node : file.nodes) {
    for (uint32_t i = 0; i < node.output_count; ++i) {
      if (const edgec_status status = CheckOverlapOf(file, node, i)) return status;
    }
  }
  return EDGEC_OK;
}

}  // namespace edgec
