// Nanoseconds of CLOCK_MONOTONIC: for differences only.
#ifndef EDGEC_BASE_CLOCK_H_
#define EDGEC_BASE_CLOCK_H_

#include <time.h>

#include <cstdint>

namespace edgec {

inline uint64_t NowNs() {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1000000000u + static_cast<uint64_t>(now.tv_nsec);
}

}  // namespace edgec
#endif  // EDGEC_BASE_CLOCK_H_
