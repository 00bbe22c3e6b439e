// Takes the place of base/aligned_memory.cc: the linker finds these functions first.
#include "guarded_memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include "base/aligned_memory.h"

namespace edgec_test {

GuardAt guard_at = GuardAt::kEnd;

}  // namespace edgec_test

namespace edgec {

//   block_       guard          data_           guard
//   | its size   | no access    | usable        | no access    |      each a whole number of pages
AlignedMemory::~AlignedMemory() {
  if (block_ != nullptr) munmap(block_, *static_cast<size_t*>(block_));
}

bool AlignedMemory::Allocate(uint64_t bytes) {
  const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  if (bytes > uint64_t{1} << 40) return false;  // hostile files ask for anything
  const size_t wanted = static_cast<size_t>(AlignUp(bytes));
  const size_t usable = (wanted + page - 1) / page * page;
  const size_t mapped = usable + 3 * page;
  void* memory = mmap(nullptr, mapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return false;
  block_ = memory;
  uint8_t* begin = static_cast<uint8_t*>(memory) + 2 * page;
  if (mprotect(memory, page, PROT_READ | PROT_WRITE) != 0) return false;
  *static_cast<size_t*>(memory) = mapped;
  if (usable > 0 && mprotect(begin, usable, PROT_READ | PROT_WRITE) != 0) return false;
  const bool at_end = edgec_test::guard_at == edgec_test::GuardAt::kEnd;
  data_ = at_end ? begin + usable - wanted : begin;
  return true;
}

}  // namespace edgec
