// What lies between nodes: indices that exist, tensors written once and before they are read.
#ifndef EDGEC_FORMAT_ORDER_H_
#define EDGEC_FORMAT_ORDER_H_

#include "format/model_file.h"

namespace edgec {

edgec_status CheckInputsAndOutputs(const ModelFile& file);
// Indices first: CheckOrder relies on them.
edgec_status CheckNodeIndices(const ModelFile& file);
edgec_status CheckOrder(const ModelFile& file);

}  // namespace edgec
#endif  // EDGEC_FORMAT_ORDER_H_
