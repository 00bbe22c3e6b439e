// What lies between nodes: indices that exist, tensors written once and before they are read, no
// overlap.
#ifndef EDGEC_FORMAT_ORDER_H_
#define EDGEC_FORMAT_ORDER_H_

#include "format/model_file.h"

namespace edgec {

edgec_status CheckInputsAndOutputs(const ModelFile& file);
// Indices first: CheckOrder and CheckOverlap rely on them.
edgec_status CheckNodeIndices(const ModelFile& file);
edgec_status CheckOrder(const ModelFile& file);
edgec_status CheckOverlap(const ModelFile& file);

// The inputs that an op's output may lie exactly on, input i as bit i. spec.md, In place.
uint32_t InPlaceInputs(const char* op);

}  // namespace edgec
#endif  // EDGEC_FORMAT_ORDER_H_
