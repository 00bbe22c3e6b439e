// A .tflite file from outside, looked at before LiteRT, which follows its offsets as they are: one
// that was cut short would end the process by a signal.
#ifndef EDGEC_TOOLS_TFLITE_CHECK_H_
#define EDGEC_TOOLS_TFLITE_CHECK_H_

#include <cstddef>
#include <cstdint>

#include "edgec/edgec.h"

namespace edgec {

// EDGEC_E_RUNTIME unless every table, vector and string that TensorFlow Lite's schema names lies in
// the file, and every index of a tensor, buffer or operator code is one that there is. What an
// operator computes is left to LiteRT. Formats: flatbuffers.dev/internals, schema.fbs version 3.
edgec_status CheckTflite(const uint8_t* data, size_t bytes, const char* path);

}  // namespace edgec
#endif  // EDGEC_TOOLS_TFLITE_CHECK_H_
