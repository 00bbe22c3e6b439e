// From the record stream to records: each record by itself. What lies between records is in
// placement and order.
#ifndef EDGEC_FORMAT_RECORDS_H_
#define EDGEC_FORMAT_RECORDS_H_

#include "format/model_file.h"

namespace edgec {

// Fills everything in `file` but the header, which must have been read.
edgec_status ReadRecords(const uint8_t* metadata, ModelFile* file);

}  // namespace edgec
#endif  // EDGEC_FORMAT_RECORDS_H_
