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
  static constexpr uint32_t kNever = UINT32_MAX;

  // `data` is 64-byte aligned and outlives the engine. To be called once. May throw std::bad_alloc.
  edgec_status Load(const uint8_t* data, size_t bytes, IsaSet isa, uint32_t threads);

  // Allocates nothing.
  edgec_status Run();
  void set_profiling(bool on) { profiling_ = on; }

  const ModelFile& file() const { return file_; }
  const Tensor& tensor(uint32_t index) const { return tensors_[index]; }
  const std::vector<Layer>& layers() const { return layers_; }
  edgec_memory_info memory() const;
  // The model output with the answer of the last run: an exit's, or that of the whole network.
  uint32_t answer() const { return answer_; }

 private:
  edgec_status BindTensors(const uint8_t* data);
  edgec_status AllocateUnpacked();
  void BindLayers();
  edgec_status PrepareLayers(IsaSet isa, uint32_t threads);
  edgec_status AllocateScratch(uint32_t threads);
  edgec_status FindExits();
  void EndAt(size_t layer);
  edgec_status Failed(edgec_status status, const Layer& layer, const char* reason) const;

  ModelFile file_;
  AlignedMemory arena_;
  AlignedMemory unpacked_;  // constants that the file has in few bits
  AlignedMemory scratch_;
  uint64_t scratch_bytes_per_thread_ = 0;
  uint64_t own_bytes_ = 0;  // of all ops, and unpacked constants
  std::vector<Tensor> tensors_;
  std::vector<const Tensor*> operands_;  // of all nodes, one after the other
  std::vector<Layer> layers_;
  std::unique_ptr<ThreadPool> pool_;
  std::vector<uint32_t> exit_outputs_;  // by layer: the model output that an exit writes, or kNever
  std::vector<uint32_t> output_writers_;  // by model output: the layer, or kNever for an input
  uint32_t whole_answer_ = 0, answer_ = 0;
  bool profiling_ = false;
};

}  // namespace edgec
#endif  // EDGEC_ENGINE_ENGINE_H_
