// Bytes in which what repeats is said once: LZ4's block format. See spec.md, Compressed metadata.
#ifndef EDGEC_FORMAT_REPEATS_H_
#define EDGEC_FORMAT_REPEATS_H_

#include <cstddef>
#include <cstdint>

namespace edgec {

constexpr uint64_t kMostExpansion = 255;  // one byte stands for at most as many

// Whether `from` is exactly `size` bytes compressed, which are then in `to`. Never reads or writes
// beside them.
bool Decompress(const uint8_t* from, size_t from_size, uint8_t* to, size_t size);

}  // namespace edgec
#endif  // EDGEC_FORMAT_REPEATS_H_
