// Arrays in NumPy's .npy format, versions 1 to 3: what the tools read and write tensors with.
// Format: numpy.lib.format's documentation. A file is hostile until checked.
#ifndef EDGEC_TOOLS_NPY_H_
#define EDGEC_TOOLS_NPY_H_

#include "base/mapped_file.h"
#include "edgec/edgec.h"

namespace edgec {

struct Array {
  MappedFile file;
  edgec_dtype dtype;
  uint32_t rank;
  uint32_t dims[EDGEC_MAX_RANK];
  const uint8_t* data;  // in the file, of any alignment
  uint64_t bytes;
};

// Little-endian, in C order, one of the engine's types. EDGEC_E_OPEN and LastError() otherwise.
edgec_status ReadNpy(const char* path, Array* array);

edgec_status WriteNpy(const char* path, const edgec_tensor_info& info, const void* data);

// Whether the array has the tensor's type, rank and dims.
bool HasShape(const Array& array, const edgec_tensor_info& info);

const char* DtypeName(edgec_dtype dtype);  // "float32", as numpy has it

}  // namespace edgec
#endif  // EDGEC_TOOLS_NPY_H_
