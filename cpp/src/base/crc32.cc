#include "base/crc32.h"

namespace edgec {
namespace {

// Sarwate's table, extended to four bytes a step ("slicing by 4"): row r is the CRC of a byte
// followed by r zeros.
struct Tables {
  uint32_t row[4][256];

  constexpr Tables() : row() {
    for (uint32_t byte = 0; byte < 256; ++byte) {
      uint32_t crc = byte;
      for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) ? 0xEDB88320u : 0);
      row[0][byte] = crc;
    }
    for (uint32_t byte = 0; byte < 256; ++byte) {
      for (int r = 1; r < 4; ++r) {
        row[r][byte] = (row[r - 1][byte] >> 8) ^ row[0][row[r - 1][byte] & 0xff];
      }
    }
  }
};

constexpr Tables kTables;

}  // namespace

uint32_t Crc32(const void* data, size_t bytes) {
  const uint8_t* p = static_cast<const uint8_t*>(data);
  const auto& row = kTables.row;
  uint32_t crc = 0xFFFFFFFFu;
  for (; bytes >= 4; bytes -= 4, p += 4) {
    crc ^= p[0] | (p[1] << 8) | (p[2] << 16) | (static_cast<uint32_t>(p[3]) << 24);
    crc = row[3][crc & 0xff] ^ row[2][(crc >> 8) & 0xff] ^ row[1][(crc >> 16) & 0xff] ^
          row[0][crc >> 24];
  }
  for (; bytes > 0; --bytes, ++p) crc = (crc >> 8) ^ row[0][(crc ^ *p) & 0xff];
  return ~crc;
}

}  // namespace edgec
