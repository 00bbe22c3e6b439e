#include "format/header.h"

#include <cinttypes>
#include <cstring>

#include "base/aligned_memory.h"
#include "base/status.h"
#include "format/repeats.h"

namespace edgec {
namespace {

constexpr uint8_t kMagic[8] = {0x89, 'E', 'D', 'G', 'E', 'C', '\r', '\n'};
constexpr uint16_t kMajor = 2;
constexpr uint32_t kMaxMetadataBytes = 1u << 26;
constexpr uint32_t kMaxRecords = 65536;
constexpr uint32_t kMaxInputsOrOutputs = 256;
constexpr uint64_t kMaxArenaBytes = uint64_t{1} << 32;

edgec_status CheckFieldRange(const char* field, uint64_t value, uint64_t least, uint64_t most) {
  if (value >= least && value <= most) return EDGEC_OK;
  return Fail(EDGEC_E_HEADER, "%s is %" PRIu64 ", allowed are %" PRIu64 " to %" PRIu64, field,
              value, least, most);
}

edgec_status CheckFields(const Header& h) {
  edgec_status status = CheckFieldRange("metadata_bytes", h.metadata_bytes, 0, kMaxMetadataBytes);
  if (!status) status = CheckFieldRange("tensor_count", h.tensor_count, 1, kMaxRecords);
  if (!status) status = CheckFieldRange("node_count", h.node_count, 0, kMaxRecords);
  if (!status) status = CheckFieldRange("input_count", h.input_count, 1, kMaxInputsOrOutputs);
  if (!status) status = CheckFieldRange("output_count", h.output_count, 1, kMaxInputsOrOutputs);
  if (!status) status = CheckFieldRange("arena_bytes", h.arena_bytes, 0, kMaxArenaBytes);
  if (status) return status;
  if (h.metadata_bytes % 4 != 0) {
    return Fail(EDGEC_E_HEADER, "metadata_bytes is %u, not a multiple of 4", h.metadata_bytes);
  }
  if (h.arena_bytes % kAlignment != 0) {
    return Fail(EDGEC_E_HEADER, "arena_bytes is %" PRIu64 ", not a multiple of 64", h.arena_bytes);
  }
  if (h.compressed_bytes != 0 && h.metadata_bytes > h.compressed_bytes * kMostExpansion) {
    return Fail(EDGEC_E_HEADER, "metadata_bytes is %u, compressed %u bytes", h.metadata_bytes,
                h.compressed_bytes);
  }
  for (const uint8_t byte : h.reserved) {
    if (byte != 0) return Fail(EDGEC_E_HEADER, "the reserved bytes are not zero");
  }
  return EDGEC_OK;
}

}  // namespace

edgec_status ReadHeader(const uint8_t* data, size_t bytes, Header* header) {
  const size_t magic_bytes = bytes < sizeof(kMagic) ? bytes : sizeof(kMagic);
  if (magic_bytes > 0 && std::memcmp(data, kMagic, magic_bytes) != 0) {
    return Fail(EDGEC_E_MAGIC, "not an .edgec file: it does not start with \\x89EDGEC");
  }
  if (bytes < sizeof(Header)) {
    return Fail(EDGEC_E_TRUNCATED, "%zu bytes, shorter than the 64 bytes of a header", bytes);
  }
  std::memcpy(header, data, sizeof(Header));
  if (header->major != kMajor) {
    return Fail(EDGEC_E_VERSION, "the file has format version %u.%u, this engine reads %u.x",
                header->major, header->minor, kMajor);
  }
  if (const edgec_status status = CheckFields(*header)) return status;
  const uint64_t metadata_bytes =
      header->compressed_bytes ? header->compressed_bytes : header->metadata_bytes;
  if (bytes - sizeof(Header) < metadata_bytes) {
    return Fail(EDGEC_E_TRUNCATED, "%zu bytes, but the metadata alone ends at %" PRIu64, bytes,
                sizeof(Header) + metadata_bytes);
  }
  if (header->file_bytes != bytes) {
    return Fail(EDGEC_E_FILE_SIZE, "%zu bytes, but the file says that it has %" PRIu64, bytes,
                header->file_bytes);
  }
  return EDGEC_OK;
}

}  // namespace edgec
