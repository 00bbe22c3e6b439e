// What lies between tensors: names that differ, constants without holes, and the zeros around them.
#ifndef EDGEC_FORMAT_PLACEMENT_H_
#define EDGEC_FORMAT_PLACEMENT_H_

#include "format/model_file.h"

namespace edgec {

edgec_status CheckNamesDiffer(const ModelFile& file);
edgec_status CheckConstants(const uint8_t* data, const ModelFile& file);

}  // namespace edgec
#endif  // EDGEC_FORMAT_PLACEMENT_H_
