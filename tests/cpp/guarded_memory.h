// A test program linked with guarded_memory.cc has an engine whose own memory (arena, scratch, what
// ops make at load) lies between pages that cannot be touched: one byte too far crashes.
#ifndef EDGEC_TESTS_GUARDED_MEMORY_H_
#define EDGEC_TESTS_GUARDED_MEMORY_H_

namespace edgec_test {

// Memory is a multiple of 64 bytes and pages are larger, so only one end can touch a guard exactly.
enum class GuardAt { kBegin, kEnd };

extern GuardAt guard_at;  // of what the engine allocates from now on

}  // namespace edgec_test

#endif  // EDGEC_TESTS_GUARDED_MEMORY_H_
