// After loading, a run takes no memory. The linker sends every call of malloc and its family here
// (--wrap, see CMakeLists.txt) and of mmap, and operator new is ours.
#include <sys/mman.h>

#include <atomic>
#include <cstddef>
#include <new>

#include "check.h"
#include "edgec/edgec.h"
#include "op_models.h"

namespace {

std::atomic<unsigned> allocations{0};

}  // namespace

extern "C" {
void* __real_malloc(size_t bytes);
void* __real_calloc(size_t count, size_t bytes);
void* __real_realloc(void* memory, size_t bytes);
void* __real_aligned_alloc(size_t alignment, size_t bytes);
int __real_posix_memalign(void** memory, size_t alignment, size_t bytes);
void* __real_mmap(void* at, size_t bytes, int access, int flags, int file, off_t offset);

void* __wrap_malloc(size_t bytes) {
  ++allocations;
  return __real_malloc(bytes);
}
void* __wrap_calloc(size_t count, size_t bytes) {
  ++allocations;
  return __real_calloc(count, bytes);
}
void* __wrap_realloc(void* memory, size_t bytes) {
  ++allocations;
  return __real_realloc(memory, bytes);
}
void* __wrap_aligned_alloc(size_t alignment, size_t bytes) {
  ++allocations;
  return __real_aligned_alloc(alignment, bytes);
}
int __wrap_posix_memalign(void** memory, size_t alignment, size_t bytes) {
  ++allocations;
  return __real_posix_memalign(memory, alignment, bytes);
}
void* __wrap_mmap(void* at, size_t bytes, int access, int flags, int file, off_t offset) {
  ++allocations;
  return __real_mmap(at, bytes, access, flags, file, offset);
}
}

void* operator new(size_t bytes) {
  void* memory = std::malloc(bytes);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void* operator new(size_t bytes, std::align_val_t alignment) {
  const size_t step = static_cast<size_t>(alignment);
  void* memory = std::aligned_alloc(step, (bytes + step - 1) / step * step);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, size_t, std::align_val_t) noexcept { std::free(memory); }

namespace {

using edgec_test::ModelBuilder;

void CheckRunsAllocateNothing(const ModelBuilder& builder, const edgec_options& options) {
  edgec_test::Describe("%s, %s, %u threads", builder.name.c_str(), options.isa, options.threads);
  const edgec_test::AlignedBytes bytes(builder.Build());
  edgec_model* model = nullptr;
  const unsigned before_load = allocations;
  EDGEC_CHECK_EQ(edgec_load_memory(bytes.data(), bytes.size(), &options, &model), EDGEC_OK);
  EDGEC_CHECK(allocations > before_load);  // the trap works
  for (const int profiling : {0, 1}) {
    edgec_set_profiling(model, profiling);
    const unsigned before_run = allocations;
    const edgec_status status = edgec_run(model);
    const unsigned after_run = allocations;
    EDGEC_CHECK_EQ(status, EDGEC_OK);
    EDGEC_CHECK_EQ(after_run, before_run);
  }
  edgec_free(model);
}

// Op models hold every op, and convolutions by Winograd.
EDGEC_TEST(ARunAllocatesNothingWhateverTheOpTheInstructionSetAndTheThreads) {
  for (const ModelBuilder& model : edgec_test::OpModels()) {
    for (uint32_t i = 0; edgec_isa_name(i) != nullptr; ++i) {
      for (const uint32_t threads : {1u, 2u, 4u}) {
        CheckRunsAllocateNothing(model, {threads, edgec_isa_name(i)});
      }
    }
  }
}

}  // namespace
