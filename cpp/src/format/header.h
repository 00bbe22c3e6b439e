// The first 64 bytes of an .edgec file; see edgec/format/spec.md.
#ifndef EDGEC_FORMAT_HEADER_H_
#define EDGEC_FORMAT_HEADER_H_

#include <cstddef>
#include <cstdint>

#include "edgec/edgec.h"

namespace edgec {

struct Header {
  uint8_t magic[8];
  uint16_t major;
  uint16_t minor;
  uint32_t metadata_bytes;
  uint64_t file_bytes;
  uint32_t metadata_crc32;
  uint32_t tensor_count;
  uint32_t node_count;
  uint16_t input_count;
  uint16_t output_count;
  uint64_t arena_bytes;
  uint32_t compressed_bytes;  // of the metadata at the file's end; 0: it follows the header
  uint8_t reserved[12];

  // Where the constants may begin, and end.
  uint64_t constants_begin() const {
    return sizeof(Header) + (compressed_bytes == 0 ? uint64_t{metadata_bytes} : 0);
  }
  uint64_t constants_end() const { return file_bytes - compressed_bytes; }
};
static_assert(sizeof(Header) == 64, "the header has no padding");

// Checks every rule of the header; then the metadata lies inside the file.
edgec_status ReadHeader(const uint8_t* data, size_t bytes, Header* header);

}  // namespace edgec
#endif  // EDGEC_FORMAT_HEADER_H_
