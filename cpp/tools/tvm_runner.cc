// Modules of the tvm backend, through libedgec_tvm.so.
#include "base/mapped_file.h"
#include "base/status.h"
#include "elf_check.h"
#include "loaded_library.h"
#include "runner.h"
#include "session.h"
#include "tvm/edgec_tvm.h"

namespace edgec {
namespace {

constexpr const char kLibrary[] = "libedgec_tvm.so";  // brings TVM's runtime, which lies beside it

class TvmRunner : public Runner {
 public:
  TvmRunner() = default;
  TvmRunner(const TvmRunner&) = delete;
  TvmRunner& operator=(const TvmRunner&) = delete;
  ~TvmRunner() override {
    if (program_ != nullptr) tvm_->release(program_);
  }

  edgec_status Load(const char* path, const RunnerOptions& options) override {
    MappedFile file;
    if (const edgec_status status = file.Open(path)) return status;
    if (const edgec_status status = CheckSharedLibrary(file.data(), file.bytes(), path)) {
      return status;
    }
    LoadedLibrary library;
    if (const edgec_status status = library.Open(options.runtime_library, kLibrary)) return status;
    decltype(edgec_tvm_api)* api;
    if (const edgec_status status = library.Find("edgec_tvm_api", &api)) return status;
    tvm_ = api(EDGEC_TVM_API_VERSION);
    if (tvm_ == nullptr) {
      return Fail(EDGEC_E_RUNTIME, "%s is of another version of edgec; deploy the model again",
                  kLibrary);
    }
    isa_ = options.isa == nullptr ? BestIsa() : options.isa;
    const edgec_options native = {options.threads, options.isa};
    return Told(tvm_->load(path, &native, &program_));
  }

  Identity identity() const override { return {0, "TVM", tvm_->name(program_), isa_}; }

  uint32_t input_count() const override { return tvm_->input_count(program_); }
  uint32_t output_count() const override { return tvm_->output_count(program_); }
  edgec_status InputInfo(uint32_t index, edgec_tensor_info* info) const override {
    return Told(tvm_->input_info(program_, index, info));
  }
  edgec_status OutputInfo(uint32_t index, edgec_tensor_info* info) const override {
    return Told(tvm_->output_info(program_, index, info));
  }

  void* InputData(uint32_t index) override { return tvm_->input_data(program_, index); }
  edgec_status Run() override { return Told(tvm_->run(program_)); }
  const void* OutputData(uint32_t index) const override {
    return tvm_->output_data(program_, index);
  }
  uint32_t answer() const override { return 0; }

  edgec_memory_info memory() const override { return tvm_->memory(program_); }

 private:
  // The sentence lies in the library's copy of the engine.
  edgec_status Told(edgec_status status) const {
    return status == EDGEC_OK ? status : Fail(status, "%s", tvm_->last_error());
  }

  const edgec_tvm_functions* tvm_ = nullptr;
  edgec_tvm_program* program_ = nullptr;
  const char* isa_ = nullptr;
};

}  // namespace

std::unique_ptr<Runner> MakeTvmRunner() { return std::make_unique<TvmRunner>(); }

}  // namespace edgec
