#include <cassert>

#include "kernels/transpose/tiles.h"

namespace edgec {

void transpose2d_portable(size_t element_bytes, const TransposeShape& shape, const void* in,
                          void* out) {
  assert(element_bytes == 1 || element_bytes == 4 || element_bytes == 8);
  if (element_bytes == 1) {
    TransposePlain<uint8_t>(shape, in, out);
  } else if (element_bytes == 4) {
    TransposePlain<uint32_t>(shape, in, out);
  } else {
    TransposePlain<uint64_t>(shape, in, out);
  }
}

}  // namespace edgec
