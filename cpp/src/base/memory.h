// The two kinds of memory a model lives in: a mapped file, and zeroed bytes of its own.
#ifndef EDGEC_BASE_MEMORY_H_
#define EDGEC_BASE_MEMORY_H_

#include <cstddef>
#include <cstdint>

#include "edgec/edgec.h"

namespace edgec {

constexpr size_t kAlignment = 64;

constexpr uint64_t AlignUp(uint64_t value) {
  return (value + kAlignment - 1) & ~uint64_t{kAlignment - 1};
}

// Zeroed memory, aligned to 64 bytes. Pages that are never touched cost nothing.
class AlignedMemory {
 public:
  AlignedMemory() = default;
  ~AlignedMemory();
  AlignedMemory(const AlignedMemory&) = delete;
  AlignedMemory& operator=(const AlignedMemory&) = delete;

  // False if there is not as much; to be called once.
  bool Allocate(uint64_t bytes);
  uint8_t* data() const { return data_; }

 private:
  void* block_ = nullptr;
  uint8_t* data_ = nullptr;
};

// A file mapped for reading.
class MappedFile {
 public:
  MappedFile() = default;
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  // EDGEC_E_OPEN with the reason in LastError(). An empty file maps to no bytes.
  edgec_status Open(const char* path);
  const uint8_t* data() const { return data_; }
  size_t bytes() const { return bytes_; }

 private:
  edgec_status Map(int descriptor, const char* path);

  const uint8_t* data_ = nullptr;
  size_t bytes_ = 0;
};

}  // namespace edgec
#endif  // EDGEC_BASE_MEMORY_H_
