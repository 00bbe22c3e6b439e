#include "format/order.h"

#include "base/status.h"

namespace edgec {
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

}  // namespace edgec
