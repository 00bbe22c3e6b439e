// Buffers whose last element ends at a page that cannot be touched: reading one byte too far
// crashes.
#ifndef EDGEC_TESTS_GUARDED_H_
#define EDGEC_TESTS_GUARDED_H_

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace edgec_test {

// count × T, zeroed, writable. The start is aligned only to what `count` leaves: a buffer that a
// kernel wants aligned to 64 bytes must be a multiple of 64 bytes long, as packed weights are.
template <class T>
class Guarded {
 public:
  explicit Guarded(size_t count) : count_(count) {
    const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    const size_t bytes = count * sizeof(T);
    const size_t usable = (bytes + page - 1) / page * page;
    mapped_ = usable + 2 * page;  // a page before, too: for kernels that reach back
    void* memory = mmap(nullptr, mapped_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    base_ = static_cast<uint8_t*>(memory);
    if (usable > 0 && mprotect(base_ + page, usable, PROT_READ | PROT_WRITE) != 0) std::abort();
    data_ = reinterpret_cast<T*>(base_ + page + usable - bytes);
  }
  ~Guarded() { munmap(base_, mapped_); }
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;

  T* data() { return data_; }
  const T* data() const { return data_; }
  size_t size() const { return count_; }
  size_t bytes() const { return count_ * sizeof(T); }
  T& operator[](size_t index) { return data_[index]; }
  const T& operator[](size_t index) const { return data_[index]; }
  T* begin() { return data_; }
  T* end() { return data_ + count_; }

 private:
  uint8_t* base_;
  size_t mapped_;
  T* data_;
  size_t count_;
};

}  // namespace edgec_test

#endif  // EDGEC_TESTS_GUARDED_H_
