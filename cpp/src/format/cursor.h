// Reads the metadata's record stream: never past the end, whatever the counts in it say.
#ifndef EDGEC_FORMAT_CURSOR_H_
#define EDGEC_FORMAT_CURSOR_H_

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace edgec {

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, ".edgec files are mapped, not converted");

class Cursor {
 public:
  Cursor(const uint8_t* begin, size_t bytes) : begin_(begin), at_(begin), left_(bytes) {}

  size_t left() const { return left_; }
  size_t position() const { return static_cast<size_t>(at_ - begin_); }

  // `count` fields of type T, in place; nullptr if there are not as many.
  template <class T>
  const T* Take(size_t count) {
    const size_t bytes = count * sizeof(T);  // counts are at most 2^16: no overflow
    if (bytes > left_) return nullptr;
    const T* fields = reinterpret_cast<const T*>(at_);
    at_ += bytes;
    left_ -= bytes;
    return fields;
  }

  // One field of any alignment.
  template <class T>
  bool Read(T* value) {
    const uint8_t* bytes = Take<uint8_t>(sizeof(T));
    if (bytes == nullptr) return false;
    std::memcpy(value, bytes, sizeof(T));
    return true;
  }

 private:
  const uint8_t* begin_;
  const uint8_t* at_;
  size_t left_;
};

}  // namespace edgec
#endif  // EDGEC_FORMAT_CURSOR_H_
