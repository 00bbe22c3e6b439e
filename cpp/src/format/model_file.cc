#include "format/model_file.h"

#include "format/order.h"
#include "format/overlap.h"
#include "format/placement.h"
#include "format/records.h"

namespace edgec {

edgec_status ReadModelFile(const uint8_t* data, size_t bytes, ModelFile* file) {
  edgec_status status = ReadHeader(data, bytes, &file->header);
  if (!status) status = ReadRecords(data + sizeof(Header), file);
  if (!status) status = CheckNamesDiffer(*file);
  if (!status) status = CheckConstants(data, *file);
  if (!status) status = CheckInputsAndOutputs(*file);
  if (!status) status = CheckNodeIndices(*file);
  if (!status) status = CheckOrder(*file);
  if (!status) status = CheckOverlap(*file);
  return status;
}

}  // namespace edgec
