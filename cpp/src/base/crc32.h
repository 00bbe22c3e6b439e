// CRC-32 of IEEE 802.3 (polynomial 0xEDB88320 reflected), as zlib's crc32.
#ifndef EDGEC_BASE_CRC32_H_
#define EDGEC_BASE_CRC32_H_

#include <cstddef>
#include <cstdint>

namespace edgec {

uint32_t Crc32(const void* data, size_t bytes);

}  // namespace edgec
#endif  // EDGEC_BASE_CRC32_H_
