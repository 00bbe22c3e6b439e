// After loading, a run takes no memory: malloc and its family count every call here.
#include <atomic>
#include <cstddef>

#include "check.h"
#include "edgec/edgec.h"
#include "op_models.h"

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define EDGEC_TRAPS_MALLOC 1
#endif
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#undef EDGEC_TRAPS_MALLOC
#endif
#endif

namespace {

std::atomic<unsigned> allocations{0};

}  // namespace

#ifdef EDGEC_TRAPS_MALLOC
// glibc's allocator under its inner names; operator new calls malloc.
extern "C" {
void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);

void* malloc(size_t bytes) {
  ++allocations;
  return __libc_malloc(bytes);
}
void* calloc(size_t count, size_t bytes) {
  ++allocations;
  return __libc_calloc(count, bytes);
}
void* realloc(void* memory, size_t bytes) {
  ++allocations;
  return __libc_realloc(memory, bytes);
}
void* aligned_alloc(size_t alignment, size_t bytes) {
  ++allocations;
  return __libc_memalign(alignment, bytes);
}
int posix_memalign(void** memory, size_t alignment, size_t bytes) {
  ++allocations;
  *memory = __libc_memalign(alignment, bytes);
  return *memory == nullptr;
}
}
#endif

namespace {

#ifdef EDGEC_TRAPS_MALLOC
void CheckRunsAllocateNothing(const edgec_test::ModelBuilder& builder, uint32_t threads) {
  edgec_test::Describe("%s, %u threads", builder.name.c_str(), threads);
  const edgec_test::AlignedBytes bytes(builder.Build());
  const edgec_options options{threads, nullptr};
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
#endif

EDGEC_TEST(ARunAllocatesNothingWhateverTheOp) {
#ifdef EDGEC_TRAPS_MALLOC
  for (const edgec_test::ModelBuilder& model : edgec_test::OpModels()) {
    for (const uint32_t threads : {1u, 3u}) CheckRunsAllocateNothing(model, threads);
  }
#else
  EDGEC_SKIP("malloc belongs to a sanitizer or to another C library");
#endif
}

}  // namespace
