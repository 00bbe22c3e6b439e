// A file in memory.
#ifndef EDGEC_BASE_MAPPED_FILE_H_
#define EDGEC_BASE_MAPPED_FILE_H_

#include <cstddef>
#include <cstdint>

#include "edgec/edgec.h"

namespace edgec {

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
#endif  // EDGEC_BASE_MAPPED_FILE_H_
