// An .edgec file, checked: every index, offset and count in here may be used without looking again.
// What an op means by its params and shapes is not checked here, but by its Prepare function.
#ifndef EDGEC_FORMAT_MODEL_FILE_H_
#define EDGEC_FORMAT_MODEL_FILE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "edgec/edgec.h"
#include "format/header.h"

namespace edgec {

enum class FileLayout : uint8_t { kPlain = 0, kS8x16c4 = 1, kF32x16 = 2, kDw16 = 3, kS8Block = 4 };

struct TensorRecord {
  const char* name;
  edgec_dtype dtype;
  FileLayout layout;
  bool constant;
  uint32_t rank;
  uint32_t dims[EDGEC_MAX_RANK];
  float scale;
  int32_t zero_point;
  uint64_t offset;        // from the arena's start, or from the file's start
  uint64_t bytes;         // in memory
  uint32_t stored_bits;   // of an element of a constant that is packed; 0: used in place
  uint64_t stored_bytes;  // in the file

  uint64_t elements() const;
};

struct NodeRecord {
  const char* op;
  const char* name;
  uint64_t macs;
  uint32_t input_count;
  uint32_t output_count;
  uint32_t param_count;
  const int32_t* inputs;  // in the metadata, as are outputs and params
  const int32_t* outputs;
  const int32_t* params;
};

struct ModelFile {
  Header header;
  const char* name;
  const char* producer;
  const char* target;
  std::vector<TensorRecord> tensors;
  std::vector<NodeRecord> nodes;
  const uint32_t* inputs;  // tensor indices, in the metadata
  const uint32_t* outputs;
  std::unique_ptr<char[]> strings;           // what the names point to
  std::unique_ptr<uint32_t[]> decompressed;  // what the lists of indices point to, then
};

// `data` must be 4-byte aligned and outlive `file`. May throw std::bad_alloc.
edgec_status ReadModelFile(const uint8_t* data, size_t bytes, ModelFile* file);

size_t ElementBytes(edgec_dtype dtype);

}  // namespace edgec
#endif  // EDGEC_FORMAT_MODEL_FILE_H_
