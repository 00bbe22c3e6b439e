// What an op is to the engine: prepared once at load (checks, kernel choice, memory), run many
// times.
//
// Adding an op: one file in this folder with a Prepare function, one line in ops.inc.
// Everything from the file is hostile: Prepare checks counts, types, layouts, shapes and params of
// its node (the reader has checked that tensors lie inside their memory). Run asserts and cannot
// fail, except gather.
#ifndef EDGEC_OPS_OP_H_
#define EDGEC_OPS_OP_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/isa.h"
#include "base/thread_pool.h"
#include "edgec/edgec.h"

namespace edgec {

enum class Layout : uint8_t { kPlain = 0, kS8x16c4 = 1, kF32x16 = 2, kDw16 = 3, kS8Block = 4 };

struct Tensor {
  const char* name;
  edgec_dtype dtype;
  Layout layout;
  bool constant;
  uint32_t rank;
  uint32_t dims[EDGEC_MAX_RANK];
  uint64_t bytes;
  void* data;  // fixed at load: in the arena, or in the mapped file (then read-only)

  template <class T>
  const T* as() const {
    return static_cast<const T*>(data);
  }
  template <class T>
  T* out() const {
    return static_cast<T*>(data);
  }
  uint64_t elements() const;
};

struct Node {
  const char* op;
  const char* name;
  const Tensor* const* inputs;  // nullptr for an absent optional input
  uint32_t input_count;
  const Tensor* const* outputs;
  uint32_t output_count;
  const int32_t* params;
  uint32_t param_count;

  float param_f32(uint32_t index) const;  // a param that holds an f32 bit pattern
};

// What Prepare may ask for and use.
struct PrepareContext {
  IsaSet isa;        // choose the best kernel within it
  uint32_t threads;  // Run will see thread < threads
  size_t scratch_bytes_per_thread =
      0;                    // out: set to what Run needs; 64-byte aligned, shared by all ops
  uint64_t own_bytes = 0;   // out: memory that the op keeps for itself: transformed weights
  const char* kernel = "";  // out: name of the chosen kernel, a static string
  const char* error = "";   // out: one static sentence when the status is not EDGEC_OK
};

struct RunContext {
  ThreadPool& pool;
  uint8_t* scratch;                 // of thread 0
  size_t scratch_bytes_per_thread;  // distance between threads' scratch
  bool* ended = nullptr;            // set by an exit: the nodes behind it do not run
  uint8_t* scratch_of(uint32_t thread) const { return scratch + thread * scratch_bytes_per_thread; }
};

class Op {
 public:
  virtual ~Op() = default;
  virtual edgec_status Run(const RunContext& context) = 0;  // allocates nothing
};

// Allocation belongs into Prepare; std::bad_alloc is caught by the engine.
using PrepareFunction = edgec_status (*)(const Node& node, PrepareContext& context,
                                         std::unique_ptr<Op>* op);

// The prepare function of an op name from the file, or nullptr.
PrepareFunction FindOp(const char* name);

}  // namespace edgec
#endif  // EDGEC_OPS_OP_H_
