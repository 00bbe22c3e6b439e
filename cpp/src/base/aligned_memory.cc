#include "base/aligned_memory.h"

#include <cstdlib>
#include <limits>

namespace edgec {

AlignedMemory::~AlignedMemory() { std::free(block_); }

bool AlignedMemory::Allocate(uint64_t bytes) {
  if (bytes > std::numeric_limits<size_t>::max() - kAlignment) return false;
  // calloc and not posix_memalign: it hands out fresh pages without touching them.
  block_ = std::calloc(1, static_cast<size_t>(bytes) + kAlignment);
  if (block_ == nullptr) return false;
  data_ = reinterpret_cast<uint8_t*>(AlignUp(reinterpret_cast<uintptr_t>(block_)));
  return true;
}

}  // namespace edgec
