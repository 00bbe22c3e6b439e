// The engine models that TVM's constants hold, loaded at first use.
#ifndef EDGEC_TVM_MODELS_H_
#define EDGEC_TVM_MODELS_H_

#include <tvm/ffi/container/tensor.h>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/aligned_memory.h"
#include "engine/engine.h"

namespace edgec {

// Not for two threads at once: the caller holds mutex().
class Models {
 public:
  static Models& Get();
  std::mutex& mutex() { return mutex_; }

  // For models loaded from now on. EDGEC_E_ARGUMENT, EDGEC_E_ISA.
  edgec_status Configure(int64_t threads, const std::string& isa);

  // The model in `file`, a tensor of bytes with an .edgec file. EDGEC_OK, or why it is not one.
  edgec_status Find(const tvm::ffi::Tensor& file, Engine** engine);

 private:
  // Holding the tensor keeps its address from being given to another one.
  struct Loaded {
    tvm::ffi::Tensor file;
    AlignedMemory copy;  // used where the tensor is not aligned
    Engine engine;
  };
  void DropUnused();

  std::mutex mutex_;
  std::map<const void*, std::unique_ptr<Loaded>> loaded_;
  uint32_t threads_ = 1;
  IsaSet isa_ = IsaSet::Detect();
};

}  // namespace edgec
#endif  // EDGEC_TVM_MODELS_H_
