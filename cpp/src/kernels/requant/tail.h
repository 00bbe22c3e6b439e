// Up to 16 bytes at the end of a row: read and written in two overlapping pieces, nothing past
// them. A memcpy of variable size would be a call, several times the cost of the arithmetic.
#ifndef EDGEC_KERNELS_REQUANT_TAIL_H_
#define EDGEC_KERNELS_REQUANT_TAIL_H_

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace edgec {

struct Bytes16 {
  uint64_t low, high;  // byte 0 is the lowest of `low`
};

static inline uint64_t LoadUpTo8(const int8_t* from, size_t n) {
  if (n >= 4) {
    uint32_t first, last;
    std::memcpy(&first, from, 4);
    std::memcpy(&last, from + n - 4, 4);
    return first | static_cast<uint64_t>(last) << (8 * (n - 4));  // equal where they overlap
  }
  uint64_t bytes = 0;
  for (size_t i = 0; i < n; ++i) bytes |= uint64_t{static_cast<uint8_t>(from[i])} << (8 * i);
  return bytes;
}

static inline void StoreUpTo8(int8_t* to, uint64_t bytes, size_t n) {
  if (n >= 4) {
    const uint32_t first = static_cast<uint32_t>(bytes);
    const uint32_t last = static_cast<uint32_t>(bytes >> (8 * (n - 4)));
    std::memcpy(to, &first, 4);
    std::memcpy(to + n - 4, &last, 4);
    return;
  }
  for (size_t i = 0; i < n; ++i) to[i] = static_cast<int8_t>(bytes >> (8 * i));
}

// The first n bytes, 1 ≤ n ≤ 15; the others are zero.
static inline Bytes16 LoadTail(const int8_t* from, size_t n) {
  if (n <= 8) return {LoadUpTo8(from, n), 0};
  Bytes16 bytes;
  std::memcpy(&bytes.low, from, 8);
  std::memcpy(&bytes.high, from + n - 8, 8);
  bytes.high >>= 8 * (16 - n);
  return bytes;
}

// The first n bytes, 1 ≤ n ≤ 15.
static inline void StoreTail(int8_t* to, Bytes16 bytes, size_t n) {
  if (n <= 8) return StoreUpTo8(to, bytes.low, n);
  const uint64_t last = bytes.low >> (8 * (n - 8)) | bytes.high << (8 * (16 - n));
  std::memcpy(to, &bytes.low, 8);
  std::memcpy(to + n - 8, &last, 8);
}

}  // namespace edgec
#endif  // EDGEC_KERNELS_REQUANT_TAIL_H_
