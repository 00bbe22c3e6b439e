// Modules of the tvm backend: TVM's runtime and libedgec_tvm.so, loaded when needed.
#include <dlfcn.h>

#include <cstring>
#include <string>

#include "base/status.h"
#include "runner.h"
#include "session.h"
#include "tvm/edgec_tvm.h"

namespace edgec {
namespace {

constexpr const char kOurs[] = "libedgec_tvm.so";
// Before ours, which uses them, and in this order.
constexpr const char* kRuntime[] = {"libtvm_ffi.so", "libtvm_runtime.so"};

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "./" : path.substr(0, slash + 1);
}

// Never closed: TVM keeps functions in tables of its own until the program ends.
void* Open(const std::string& folder, const char* name, int scope) {
  return dlopen((folder + name).c_str(), RTLD_NOW | scope);
}

class TvmRunner : public Runner {
 public:
  TvmRunner() = default;
  TvmRunner(const TvmRunner&) = delete;
  TvmRunner& operator=(const TvmRunner&) = delete;
  ~TvmRunner() override {
    if (program_ != nullptr) tvm_->release(program_);
  }

  edgec_status Load(const char* path, const RunnerOptions& options) override {
    const char* library = options.runtime_library;
    if (const edgec_status status = LoadLibraries(FolderOf(library ? library : path))) {
      return status;
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
  edgec_status LoadLibraries(const std::string& folder) {
    for (const char* name : kRuntime) {
      if (Open(folder, name, RTLD_GLOBAL) == nullptr) return NotLoaded();
    }
    void* ours = Open(folder, kOurs, RTLD_LOCAL);
    if (ours == nullptr) return NotLoaded();
    const auto api = reinterpret_cast<decltype(&edgec_tvm_api)>(dlsym(ours, "edgec_tvm_api"));
    if (api != nullptr) tvm_ = api(EDGEC_TVM_API_VERSION);
    if (tvm_ != nullptr) return EDGEC_OK;
    return Fail(EDGEC_E_RUNTIME, "'%s%s' is of another version of edgec; lower the model again",
                folder.c_str(), kOurs);
  }

  static edgec_status NotLoaded() {
    return Fail(EDGEC_E_RUNTIME,
                "cannot load TVM's runtime (%s). Put libtvm_ffi.so, libtvm_runtime.so and %s "
                "beside the model, or name the last one with --runtime-library",
                dlerror(), kOurs);
  }

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
