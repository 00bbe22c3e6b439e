#include "format/order.h"

#include <cstring>

#include "base/status.h"

namespace edgec {
namespace {

struct InPlace {
  const char* op;
  uint32_t inputs;  // bit i: input i
};
constexpr InPlace kInPlace[] = {
    {"reshape", 1},     {"lut_s8", 1},        {"unary_f32", 1},      {"softmax_s8", 1},
    {"softmax_f32", 1}, {"layer_norm_s8", 1}, {"layer_norm_f32", 1}, {"add_s8", 3},
    {"mul_s8", 3},      {"binary_f32", 3},    {"conv2d_s8", 1 << 5}, {"fully_connected_s8", 1 << 5},
};

bool Overlap(const TensorRecord& a, const TensorRecord& b) {
  return a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;
}

edgec_status CheckOverlapOf(const ModelFile& file, const NodeRecord& node, uint32_t output_index) {
  const TensorRecord& output = file.tensors[node.outputs[output_index]];
  const uint32_t in_place = InPlaceInputs(node.op);
  for (uint32_t i = 0; i < node.input_count; ++i) {
    if (node.inputs[i] < 0) continue;
    const TensorRecord& input = file.tensors[node.inputs[i]];
    if (input.constant || !Overlap(input, output)) continue;
    const bool may = i < 32 && ((in_place >> i) & 1u) != 0;
    if (may && input.offset == output.offset && input.bytes == output.bytes) continue;
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

edgec_status CheckInputsAndOutputs(const ModelFile& file) {
  const uint32_t count = file.header.tensor_count;
  std::vector<bool> seen(count, false);
  for (uint32_t i = 0; i < file.header.input_count; ++i) {
    const uint32_t index = file.inputs[i];
    if (index >= count)
      return Fail(EDGEC_E_IO, "model input %u is tensor %u of %u", i, index, count);
    if (file.tensors[index].constant) {
      return Fail(EDGEC_E_IO, "model input %u is the constant '%s'", i, file.tensors[index].name);
    }
    if (seen[index])
      return Fail(EDGEC_E_IO, "tensor '%s' is two model inputs", file.tensors[index].name);
    seen[index] = true;
  }
  for (uint32_t i = 0; i < file.header.output_count; ++i) {
    const uint32_t index = file.outputs[i];
    if (index >= count)
      return Fail(EDGEC_E_IO, "model output %u is tensor %u of %u", i, index, count);
  }
  return EDGEC_OK;
}

edgec_status CheckNodeIndices(const ModelFile& file) {
  const int64_t count = file.header.tensor_count;
  for (const NodeRecord& node : file.nodes) {
    for (uint32_t i = 0; i < node.input_count; ++i) {
      if (node.inputs[i] < -1 || node.inputs[i] >= count) {
        return Fail(EDGEC_E_NODE, "node '%s' (%s): input %u is tensor %d of %u", node.name, node.op,
                    i, node.inputs[i], file.header.tensor_count);
      }
    }
    for (uint32_t i = 0; i < node.output_count; ++i) {
      if (node.outputs[i] < 0 || node.outputs[i] >= count) {
        return Fail(EDGEC_E_NODE, "node '%s' (%s): output %u is tensor %d of %u", node.name,
                    node.op, i, node.outputs[i], file.header.tensor_count);
      }
      if (file.tensors[node.outputs[i]].constant) {
        return Fail(EDGEC_E_NODE, "node '%s' (%s): output %u is a constant", node.name, node.op, i);
      }
    }
  }
  return EDGEC_OK;
}

edgec_status CheckOrder(const ModelFile& file) {
  std::vector<bool> written(file.tensors.size(), false);
  for (uint32_t i = 0; i < file.header.input_count; ++i) written[file.inputs[i]] = true;
  for (const NodeRecord& node : file.nodes) {
    for (uint32_t i = 0; i < node.input_count; ++i) {
      const int32_t index = node.inputs[i];
      if (index < 0 || file.tensors[index].constant || written[index]) continue;
      return Fail(EDGEC_E_ORDER, "node '%s' (%s) reads '%s' before it is written", node.name,
                  node.op, file.tensors[index].name);
    }
    for (uint32_t i = 0; i < node.output_count; ++i) {
      if (written[node.outputs[i]]) {
        return Fail(EDGEC_E_ORDER, "node '%s' (%s) writes '%s' again", node.name, node.op,
                    file.tensors[node.outputs[i]].name);
      }
      written[node.outputs[i]] = true;
    }
  }
  for (size_t i = 0; i < file.tensors.size(); ++i) {
    if (!file.tensors[i].constant && !written[i]) {
      return Fail(EDGEC_E_ORDER, "nothing writes tensor '%s'", file.tensors[i].name);
    }
  }
  return EDGEC_OK;
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
