// Which inputs of a node its output may overlap: spec.md, In place. Needs indices that exist.
#ifndef EDGEC_FORMAT_OVERLAP_H_
#define EDGEC_FORMAT_OVERLAP_H_

#include "format/model_file.h"

namespace edgec {

edgec_status CheckOverlap(const ModelFile& file);

// The inputs that an op's output may lie exactly on, input i as bit i.
uint32_t InPlaceInputs(const char* op);

}  // namespace edgec
#endif  // EDGEC_FORMAT_OVERLAP_H_
