#include "models.h"

#include <cstring>

#include "base/status.h"

namespace edgec {
namespace {

constexpr int64_t kMaxThreads = 256;

}  // namespace

Models& Models::Get() {
  // Never destroyed: TVM's runtime, which the tensors belong to, may be gone before.
  static Models* models = new Models;
  return *models;
}

edgec_status Models::Configure(int64_t threads, const std::string& isa) {
  if (threads < 1 || threads > kMaxThreads) {
    return Fail(EDGEC_E_ARGUMENT, "%lld threads, allowed are 1 to %lld",
                static_cast<long long>(threads), static_cast<long long>(kMaxThreads));
  }
  if (const edgec_status status = ChooseIsa(isa.empty() ? nullptr : isa.c_str(), &isa_)) {
    return status;
  }
  threads_ = static_cast<uint32_t>(threads);
  return EDGEC_OK;
}

edgec_status Models::Find(const tvm::ffi::Tensor& file, Engine** engine) {
  const auto found = loaded_.find(file.data_ptr());
  if (found != loaded_.end()) {
    *engine = &found->second->engine;
    return EDGEC_OK;
  }
  DropUnused();
  auto loaded = std::make_unique<Loaded>();
  loaded->file = file;
  const size_t bytes = static_cast<size_t>(file.numel());
  const uint8_t* data = static_cast<const uint8_t*>(file.data_ptr());
  if (reinterpret_cast<uintptr_t>(data) % kAlignment != 0) {
    if (!loaded->copy.Allocate(bytes)) return Fail(EDGEC_E_MEMORY, "no memory for the model");
    std::memcpy(loaded->copy.data(), data, bytes);
    data = loaded->copy.data();
  }
  if (const edgec_status status = loaded->engine.Load(data, bytes, isa_, threads_)) return status;
  *engine = &loaded->engine;
  loaded_.emplace(file.data_ptr(), std::move(loaded));
  return EDGEC_OK;
}

void Models::DropUnused() {
  for (auto it = loaded_.begin(); it != loaded_.end();) {
    it = it->second->file.use_count() == 1 ? loaded_.erase(it) : std::next(it);
  }
}

}  // namespace edgec
