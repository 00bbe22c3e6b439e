#include "format/repeats.h"

#include "format/cursor.h"

namespace edgec {
namespace {

constexpr uint64_t kLeastMatch = 4;

// The four bits of a token, and the bytes that follow where they are all ones.
bool ReadLength(Cursor& cursor, uint32_t bits, uint64_t* length) {
  *length = bits;
  if (bits != 15) return true;
  uint8_t more;
  do {
    if (!cursor.Read(&more)) return false;
    *length += more;
  } while (more == 255);
  return true;
}

// What is being written: `at` of `size` bytes are there.
struct Output {
  uint8_t* bytes;
  size_t at;
  size_t size;

  bool Append(Cursor& from, uint64_t count) {
    if (count > size - at || count > from.left()) return false;
    if (count > 0) std::memcpy(bytes + at, from.Take<uint8_t>(static_cast<size_t>(count)), count);
    at += static_cast<size_t>(count);
    return true;
  }
  // May overlap what it repeats: byte by byte.
  bool Repeat(size_t distance, uint64_t count) {
    if (distance == 0 || distance > at || count > size - at) return false;
    for (; count > 0; --count, ++at) bytes[at] = bytes[at - distance];
    return true;
  }
};

}  // namespace

bool Decompress(const uint8_t* from, size_t from_size, uint8_t* to, size_t size) {
  Cursor cursor(from, from_size);
  Output output{to, 0, size};
  uint8_t token;
  while (cursor.Read(&token)) {
    uint64_t count;
    if (!ReadLength(cursor, token >> 4, &count)) return false;
    if (!output.Append(cursor, count)) return false;
    if (cursor.left() == 0) return output.at == size;
    uint16_t distance;
    if (!cursor.Read(&distance) || !ReadLength(cursor, token & 15, &count)) return false;
    if (!output.Repeat(distance, count + kLeastMatch) || cursor.left() == 0) return false;
  }
  return output.at == size && from_size > 0;
}

}  // namespace edgec
