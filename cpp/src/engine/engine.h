// A loaded model: tensors bound to memory, ops prepared, ready to run without allocating.
#ifndef EDGEC_ENGINE_ENGINE_H_
#define EDGEC_ENGINE_ENGINE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/aligned_memory.h"
#include "base/isa.h"
#include "base/thread_pool.h"
#include "edgec/edgec.h"
#include "format/model_file.h"
#include "ops/op.h"

namespace edgec {

class Engine {
 public:
  struct Layer {
    Node node;
    std::unique_ptr<Op> op;
    const char* kernel;
    uint64_t macs;
    uint64_t bytes;  // inputs + outputs + constants
    uint64_t last_ns;
  };

  // `data` is 64-byte aligned and outlives the engine. To be called once. May throw std::bad_alloc.
  edgec_status Load(const uint8_t* data, size_t bytes, IsaSet isa, uint32_t threads);

  // Allocates nothing.
  edgec_status Run();
  void set_profiling(bool on) { profiling_ = on; }

  const ModelFile& file() const { return file_; }
  const Tensor& tensor(uint32_t index) const { return tensors_[index]; }
  const std::vector<Layer>& layers() const { return layers_; }
  edgec_memory_info memory() const;

 private:
  edgec_status BindTensors(const uint8_t* data);
  void BindLayers();
  edgec_status PrepareLayers(IsaSet isa, uint32_t threads);
  edgec_status AllocateScratch(uint32_t threads);
  edgec_status Failed(edgec_status status, const Layer& layer, const char* reason) const;

  ModelFile file_;
  AlignedMemory arena_;
  AlignedMemory scratch_;
  uint64_t scratch_bytes_per_thread_ = 0;
  uint64_t own_bytes_ = 0;  // of all ops
  std::vector<Tensor> tensors_;
  std::vector<const Tensor*> operands_;  // of all nodes, one after the other
  std::vector<Layer> layers_;
  std::unique_ptr<ThreadPool> pool_;
  bool profiling_ = false;
};

}  // namespace edgec
#endif  // EDGEC_ENGINE_ENGINE_H_
