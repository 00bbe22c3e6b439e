#include "format/model_file.h"

#include "base/crc32.h"
#include "base/status.h"
#include "format/order.h"
#include "format/overlap.h"
#include "format/placement.h"
#include "format/records.h"
#include "format/repeats.h"

namespace edgec {
namespace {

// Where the metadata is, or what is made of it where it is compressed; its checksum is right.
edgec_status FindMetadata(const uint8_t* data, ModelFile* file, const uint8_t** metadata) {
  const Header& header = file->header;
  *metadata = data + sizeof(Header);
  if (header.compressed_bytes != 0) {
    file->decompressed.reset(new uint32_t[header.metadata_bytes / 4 + 1]);
    uint8_t* bytes = reinterpret_cast<uint8_t*>(file->decompressed.get());
    if (!Decompress(data + header.constants_end(), header.compressed_bytes, bytes,
                    header.metadata_bytes)) {
      return Fail(EDGEC_E_METADATA, "the compressed metadata is damaged");
    }
    *metadata = bytes;
  }
  const uint32_t crc = Crc32(*metadata, header.metadata_bytes);
  if (crc == header.metadata_crc32) return EDGEC_OK;
  return Fail(EDGEC_E_CHECKSUM, "the metadata's CRC-32 is %08x, the header says %08x", crc,
              header.metadata_crc32);
}

}  // namespace

edgec_status ReadModelFile(const uint8_t* data, size_t bytes, ModelFile* file) {
  edgec_status status = ReadHeader(data, bytes, &file->header);
  const uint8_t* metadata = nullptr;
  if (!status) status = FindMetadata(data, file, &metadata);
  if (!status) status = ReadRecords(metadata, file);
  if (!status) status = CheckNamesDiffer(*file);
  if (!status) status = CheckConstants(data, *file);
  if (!status) status = CheckInputsAndOutputs(*file);
  if (!status) status = CheckNodeIndices(*file);
  if (!status) status = CheckOrder(*file);
  if (!status) status = CheckOverlap(*file);
  return status;
}

}  // namespace edgec
