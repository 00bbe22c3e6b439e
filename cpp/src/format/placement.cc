#include "format/placement.h"

#include <algorithm>
#include <cinttypes>
#include <cstring>

#include "base/aligned_memory.h"
#include "base/status.h"
#include "format/few_bits.h"

namespace edgec {
namespace {

// Constants that are packed, or those that are used in place: from *end on, without holes.
edgec_status CheckInTurn(const uint8_t* data, const ModelFile& file, bool packed, uint64_t* end) {
  for (const TensorRecord& tensor : file.tensors) {
    if (!tensor.constant || (tensor.stored_bits != 0) != packed) continue;
    const uint64_t place = packed ? *end : AlignUp(*end);
    if (tensor.offset != place) {
      return Fail(EDGEC_E_CONSTANTS, "constant '%s' lies at %" PRIu64 ", its place is %" PRIu64,
                  tensor.name, tensor.offset, place);
    }
    for (; *end < tensor.offset; ++*end) {
      if (data[*end] != 0) {
        return Fail(EDGEC_E_CONSTANTS, "byte %" PRIu64 " before constant '%s' is not zero", *end,
                    tensor.name);
      }
    }
    if (packed && !TailIsZero(data + tensor.offset, tensor.elements(), tensor.stored_bits)) {
      return Fail(EDGEC_E_CONSTANTS, "the bits behind the last value of '%s' are not zero",
                  tensor.name);
    }
    *end = tensor.offset + tensor.stored_bytes;
  }
  return EDGEC_OK;
}

}  // namespace

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
  uint64_t end = file.header.constants_begin();
  for (const bool packed : {false, true}) {
    if (const edgec_status status = CheckInTurn(data, file, packed, &end)) return status;
  }
  if (end != file.header.constants_end()) {
    return Fail(EDGEC_E_CONSTANTS, "the last constant ends at %" PRIu64 ", the space at %" PRIu64,
                end, file.header.constants_end());
  }
  return EDGEC_OK;
}

}  // namespace edgec
