// Our engine, through its C ABI.
#include <cstring>

#include "runner.h"
#include "session.h"

namespace edgec {
namespace {

class NativeRunner : public Runner {
 public:
  NativeRunner() = default;
  NativeRunner(const NativeRunner&) = delete;
  NativeRunner& operator=(const NativeRunner&) = delete;
  ~NativeRunner() override { edgec_free(model_); }

  edgec_status Load(const char* path, const RunnerOptions& options) override {
    isa_ = options.isa == nullptr ? BestIsa() : options.isa;
    const edgec_options native = {options.threads, options.isa};
    return edgec_load_file(path, &native, &model_);
  }

  Identity identity() const override {
    return {edgec_abi_version(), edgec_version(), edgec_model_name(model_), isa_};
  }

  uint32_t input_count() const override { return edgec_input_count(model_); }
  uint32_t output_count() const override { return edgec_output_count(model_); }
  edgec_status InputInfo(uint32_t index, edgec_tensor_info* info) const override {
    return edgec_input_info(model_, index, info);
  }
  edgec_status OutputInfo(uint32_t index, edgec_tensor_info* info) const override {
    return edgec_output_info(model_, index, info);
  }

  void* InputData(uint32_t index) override { return edgec_input_data(model_, index); }
  edgec_status Run() override { return edgec_run(model_); }
  const void* OutputData(uint32_t index) const override { return edgec_output_data(model_, index); }
  uint32_t answer() const override { return edgec_answer(model_); }
  bool has_exits() const override {
    edgec_layer_info layer;
    for (uint32_t i = 0; i < layer_count() && !LayerInfo(i, &layer); ++i) {
      if (std::strcmp(layer.op, "exit_f32") == 0) return true;
    }
    return false;
  }

  uint32_t layer_count() const override { return edgec_layer_count(model_); }
  edgec_status LayerInfo(uint32_t index, edgec_layer_info* layer) const override {
    return edgec_layer_info_at(model_, index, layer);
  }
  void SetProfiling(bool on) override { edgec_set_profiling(model_, on); }

  edgec_memory_info memory() const override {
    edgec_memory_info memory{};
    edgec_memory(model_, &memory);
    return memory;
  }

 private:
  edgec_model* model_ = nullptr;
  const char* isa_ = nullptr;
};

}  // namespace

std::unique_ptr<Runner> MakeNativeRunner() { return std::make_unique<NativeRunner>(); }

}  // namespace edgec
