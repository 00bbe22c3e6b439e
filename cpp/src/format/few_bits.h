// Integers of few bits, as a file has them: packed one after the other. See spec.md, Few bits.
#ifndef EDGEC_FORMAT_FEW_BITS_H_
#define EDGEC_FORMAT_FEW_BITS_H_

#include <cstddef>
#include <cstdint>

#include "edgec/edgec.h"

namespace edgec {

// How a data type of the file is stored. bits 0: as it is, for use in place.
struct StoredType {
  edgec_dtype dtype;  // in memory
  uint32_t bits;
};

// False for a number that stands for no type.
bool FindStoredType(uint8_t number, StoredType* type);

// Whether the bits behind the last of `count` values are 0.
bool TailIsZero(const uint8_t* packed, uint64_t count, uint32_t bits);

// Writes `count` values, int8 of 2 to 7 bits or int32 of 16 or 24. Reads ⌈count · bits / 8⌉ bytes.
void Unpack(const uint8_t* packed, uint64_t count, uint32_t bits, void* values);

}  // namespace edgec
#endif  // EDGEC_FORMAT_FEW_BITS_H_
