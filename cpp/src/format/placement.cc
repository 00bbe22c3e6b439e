#include "format/placement.h"

#include <algorithm>
#include <cinttypes>
#include <cstring>

#include "base/aligned_memory.h"
#include "base/status.h"

namespace edgec {

// Sorted, not hashed: a file cannot choose names that make this slow.
edgec_status CheckNamesDiffer(const ModelFile& file) {
  std::vector<const char*> names;
  names.reserve(file.tensors.size());
  for (const TensorRecord& tensor : file.tensors) names.push_back(tensor.name);
  std::sort(names.begin(), names.end(),
            [](const char* a, const char* b) { return std::strcmp(a, b) < 0; });
  for (size_t i = 1; i < names.size(); ++i) {
    if (std::strcmp(names[i - 1], names[i]) == 0) {
      return Fail(EDGEC_E_TENSOR_NAME, "two tensors are named '%s'", names[i]);
    }
  }
  return EDGEC_OK;
}

edgec_status CheckConstants(const uint8_t* data, const ModelFile& file) {
  uint64_t end = sizeof(Header) + uint64_t{file.header.metadata_bytes};
  for (const TensorRecord& tensor : file.tensors) {
    if (!tensor.constant) continue;
    if (tensor.offset != AlignUp(end)) {
      return Fail(EDGEC_E_CONSTANTS, "constant '%s' lies at %" PRIu64 ", its place is %" PRIu64,
                  tensor.name, tensor.offset, AlignUp(end));
    }
    for (; end < tensor.offset; ++end) {
      if (data[end] != 0) {
        return Fail(EDGEC_E_CONSTANTS, "byte %" PRIu64 " before constant '%s' is not zero", end,
                    tensor.name);
      }
    }
    end = tensor.offset + tensor.bytes;
  }
  if (end != file.header.file_bytes) {
    return Fail(EDGEC_E_CONSTANTS, "the last constant ends at %" PRIu64 ", the file at %" PRIu64,
                end, file.header.file_bytes);
  }
  return EDGEC_OK;
}

}  // namespace edgec
