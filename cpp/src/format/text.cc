#include "format/text.h"

#include "base/status.h"

namespace edgec {
namespace {

constexpr uint32_t kMaxStringBytes = 1024;

// Bytes of the character that starts with `first`, and the least code point that needs as many; 0:
// no such start.
struct Start {
  uint32_t bytes;
  uint32_t least;
  uint32_t bits;  // of the code point, in the first byte
};

Start StartOf(uint8_t first) {
  if (first < 0x80) return {1, 1, first};  // from 1: no NUL
  if (first >= 0xC0 && first < 0xE0) return {2, 0x80, first & 0x1Fu};
  if (first >= 0xE0 && first < 0xF0) return {3, 0x800, first & 0x0Fu};
  if (first >= 0xF0 && first < 0xF8) return {4, 0x10000, first & 0x07u};
  return {0, 0, 0};
}

}  // namespace

bool IsText(const uint8_t* bytes, size_t count) {
  for (size_t i = 0; i < count;) {
    const Start start = StartOf(bytes[i]);
    if (start.bytes == 0 || start.bytes > count - i) return false;
    uint32_t code = start.bits;
    for (uint32_t k = 1; k < start.bytes; ++k) {
      if ((bytes[i + k] & 0xC0) != 0x80) return false;
      code = (code << 6) | (bytes[i + k] & 0x3Fu);
    }
    const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    if (code < start.least || code > 0x10FFFF || surrogate) return false;
    i += start.bytes;
  }
  return true;
}

edgec_status ReadString(Cursor& cursor, const char* what, char** pool, const char** text) {
  uint32_t length;
  if (!cursor.Read(&length)) return Fail(EDGEC_E_METADATA, "the metadata ends before %s", what);
  if (length > kMaxStringBytes) {
    return Fail(EDGEC_E_METADATA, "%s has %u bytes, allowed are %u", what, length, kMaxStringBytes);
  }
  const uint32_t padded = (length + 3) & ~3u;
  const uint8_t* bytes = cursor.Take<uint8_t>(padded);
  if (bytes == nullptr) return Fail(EDGEC_E_METADATA, "the metadata ends inside %s", what);
  for (uint32_t i = length; i < padded; ++i) {
    if (bytes[i] != 0) return Fail(EDGEC_E_METADATA, "%s is not padded with zeros", what);
  }
  if (!IsText(bytes, length)) {
    return Fail(EDGEC_E_METADATA, "%s is not UTF-8 or holds a NUL", what);
  }
  std::memcpy(*pool, bytes, length);
  (*pool)[length] = '\0';
  *text = *pool;
  *pool += length + 1;
  return EDGEC_OK;
}

}  // namespace edgec
