#include "base/mapped_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <limits>

#include "base/status.h"

namespace edgec {

MappedFile::~MappedFile() {
  if (data_ != nullptr) munmap(const_cast<uint8_t*>(data_), bytes_);
}

edgec_status MappedFile::Open(const char* path) {
  const int descriptor = open(path, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    return Fail(EDGEC_E_OPEN, "cannot open '%s': %s", path, std::strerror(errno));
  }
  const edgec_status status = Map(descriptor, path);
  close(descriptor);
  return status;
}

edgec_status MappedFile::Map(int descriptor, const char* path) {
  struct stat facts;
  if (fstat(descriptor, &facts) != 0) {
    return Fail(EDGEC_E_OPEN, "cannot stat '%s': %s", path, std::strerror(errno));
  }
  if (!S_ISREG(facts.st_mode)) return Fail(EDGEC_E_OPEN, "'%s' is not a regular file", path);
  if (static_cast<uint64_t>(facts.st_size) > std::numeric_limits<size_t>::max()) {
    return Fail(EDGEC_E_OPEN, "'%s' is too large for this machine's addresses", path);
  }
  bytes_ = static_cast<size_t>(facts.st_size);
  if (bytes_ == 0) return EDGEC_OK;
  void* memory = mmap(nullptr, bytes_, PROT_READ, MAP_PRIVATE, descriptor, 0);
  if (memory == MAP_FAILED) {
    return Fail(EDGEC_E_OPEN, "cannot map '%s': %s", path, std::strerror(errno));
  }
  data_ = static_cast<const uint8_t*>(memory);
  return EDGEC_OK;
}

}  // namespace edgec
