// Zeroed memory for activations, scratch and what ops make at load.
#ifndef EDGEC_BASE_ALIGNED_MEMORY_H_
#define EDGEC_BASE_ALIGNED_MEMORY_H_

#include <cstddef>
#include <cstdint>

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

}  // namespace edgec
#endif  // EDGEC_BASE_ALIGNED_MEMORY_H_
