// Nanoseconds of the system's clocks.
#ifndef EDGEC_BASE_CLOCK_H_
#define EDGEC_BASE_CLOCK_H_

#include <time.h>

#include <cstdint>

namespace edgec {

inline uint64_t ReadClockNs(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1000000000u + static_cast<uint64_t>(now.tv_nsec);
}

// For differences only.
inline uint64_t NowNs() { return ReadClockNs(CLOCK_MONOTONIC); }

// Since the start of the machine, as /proc/uptime has it: to line samples up with other programs.
inline uint64_t BootNs() { return ReadClockNs(CLOCK_BOOTTIME); }

}  // namespace edgec
#endif  // EDGEC_BASE_CLOCK_H_
