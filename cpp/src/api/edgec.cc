// The C ABI: checks the caller's arguments, lets no exception out, and leaves the work to Engine.
#include "edgec/edgec.h"

#include <cstring>
#include <new>

#include "base/aligned_memory.h"
#include "base/mapped_file.h"
#include "base/status.h"
#include "engine/engine.h"

using edgec::Engine;
using edgec::Fail;
using edgec::Isa;
using edgec::IsaSet;

struct edgec_model {
  edgec::MappedFile mapped;  // unused with edgec_load_memory; outlives the engine
  Engine engine;
};

namespace {

constexpr uint32_t kMaxThreads = 256;

edgec_status CheckOptions(const edgec_options& options, uint32_t* threads, IsaSet* isa) {
  *threads = options.threads == 0 ? 1 : options.threads;
  if (*threads > kMaxThreads) {
    return Fail(EDGEC_E_ARGUMENT, "%u threads, allowed are up to %u", *threads, kMaxThreads);
  }
  return edgec::ChooseIsa(options.isa, isa);
}

// `path` or `data`: the other one is nullptr.
edgec_status Load(const char* path, const void* data, size_t bytes, const edgec_options* options,
                  edgec_model** model) {
  if (model == nullptr) return Fail(EDGEC_E_ARGUMENT, "model is NULL");
  *model = nullptr;
  uint32_t threads;
  IsaSet isa = IsaSet::Detect();
  const edgec_options chosen = options != nullptr ? *options : edgec_options{};
  if (const edgec_status status = CheckOptions(chosen, &threads, &isa)) return status;
  try {
    std::unique_ptr<edgec_model> loaded(new edgec_model);
    if (path != nullptr) {
      if (const edgec_status status = loaded->mapped.Open(path)) return status;
      data = loaded->mapped.data();
      bytes = loaded->mapped.bytes();
    }
    const edgec_status status =
        loaded->engine.Load(static_cast<const uint8_t*>(data), bytes, isa, threads);
    if (status == EDGEC_OK) *model = loaded.release();
    return status;
  } catch (const std::bad_alloc&) {
    return Fail(EDGEC_E_MEMORY, "memory ran out while loading the model");
  }
}

edgec_status Describe(const edgec_model* model, const uint32_t* indices, uint32_t count,
                      uint32_t index, edgec_tensor_info* info) {
  if (info == nullptr) return Fail(EDGEC_E_ARGUMENT, "info is NULL");
  if (index >= count) return Fail(EDGEC_E_ARGUMENT, "index %u of %u", index, count);
  const edgec::TensorRecord& tensor = model->engine.file().tensors[indices[index]];
  *info = edgec_tensor_info{};
  info->name = tensor.name;
  info->dtype = tensor.dtype;
  info->rank = tensor.rank;
  std::memcpy(info->dims, tensor.dims, tensor.rank * sizeof(uint32_t));
  info->bytes = tensor.bytes;
  info->scale = tensor.scale;
  info->zero_point = tensor.zero_point;
  return EDGEC_OK;
}

edgec_status NoModel() { return Fail(EDGEC_E_ARGUMENT, "model is NULL"); }

}  // namespace

extern "C" {

uint32_t edgec_abi_version(void) { return EDGEC_ABI_VERSION; }
const char* edgec_version(void) { return EDGEC_VERSION; }
const char* edgec_status_message(edgec_status status) { return edgec::StatusMessage(status); }
const char* edgec_status_name(edgec_status status) { return edgec::StatusName(status); }
const char* edgec_last_error(void) { return edgec::LastError(); }

const char* edgec_isa_name(uint32_t index) {
  const IsaSet set = IsaSet::Detect();
  for (uint32_t i = 0; i < static_cast<uint32_t>(Isa::kIsaCount); ++i) {
    if (set.Has(static_cast<Isa>(i)) && index-- == 0) return edgec::IsaName(static_cast<Isa>(i));
  }
  return nullptr;
}

edgec_status edgec_load_file(const char* path, const edgec_options* options, edgec_model** model) {
  if (path == nullptr) {
    if (model != nullptr) *model = nullptr;
    return Fail(EDGEC_E_ARGUMENT, "path is NULL");
  }
  return Load(path, nullptr, 0, options, model);
}

edgec_status edgec_load_memory(const void* data, size_t bytes, const edgec_options* options,
                               edgec_model** model) {
  if (data == nullptr || reinterpret_cast<uintptr_t>(data) % edgec::kAlignment != 0) {
    if (model != nullptr) *model = nullptr;
    return Fail(EDGEC_E_ARGUMENT, "data is NULL or not aligned to 64 bytes");
  }
  return Load(nullptr, data, bytes, options, model);
}

void edgec_free(edgec_model* model) { delete model; }

const char* edgec_model_name(const edgec_model* model) {
  return model == nullptr ? "" : model->engine.file().name;
}

uint32_t edgec_input_count(const edgec_model* model) {
  return model == nullptr ? 0 : model->engine.file().header.input_count;
}

uint32_t edgec_output_count(const edgec_model* model) {
  return model == nullptr ? 0 : model->engine.file().header.output_count;
}

edgec_status edgec_input_info(const edgec_model* model, uint32_t index, edgec_tensor_info* info) {
  if (model == nullptr) return NoModel();
  return Describe(model, model->engine.file().inputs, edgec_input_count(model), index, info);
}

edgec_status edgec_output_info(const edgec_model* model, uint32_t index, edgec_tensor_info* info) {
  if (model == nullptr) return NoModel();
  return Describe(model, model->engine.file().outputs, edgec_output_count(model), index, info);
}

void* edgec_input_data(edgec_model* model, uint32_t index) {
  if (index >= edgec_input_count(model)) return nullptr;
  return model->engine.tensor(model->engine.file().inputs[index]).data;
}

const void* edgec_output_data(const edgec_model* model, uint32_t index) {
  if (index >= edgec_output_count(model)) return nullptr;
  return model->engine.tensor(model->engine.file().outputs[index]).data;
}

edgec_status edgec_run(edgec_model* model) {
  return model == nullptr ? NoModel() : model->engine.Run();
}

uint32_t edgec_answer(const edgec_model* model) {
  return model == nullptr ? 0 : model->engine.answer();
}

edgec_status edgec_set_profiling(edgec_model* model, int on) {
  if (model == nullptr) return NoModel();
  model->engine.set_profiling(on != 0);
  return EDGEC_OK;
}

uint32_t edgec_layer_count(const edgec_model* model) {
  return model == nullptr ? 0 : static_cast<uint32_t>(model->engine.layers().size());
}

edgec_status edgec_layer_info_at(const edgec_model* model, uint32_t index, edgec_layer_info* info) {
  if (model == nullptr) return NoModel();
  if (info == nullptr) return Fail(EDGEC_E_ARGUMENT, "info is NULL");
  if (index >= edgec_layer_count(model)) {
    return Fail(EDGEC_E_ARGUMENT, "index %u of %u", index, edgec_layer_count(model));
  }
  const Engine::Layer& layer = model->engine.layers()[index];
  *info = {layer.node.name, layer.node.op, layer.kernel, layer.macs, layer.bytes, layer.last_ns};
  return EDGEC_OK;
}

edgec_status edgec_memory(const edgec_model* model, edgec_memory_info* info) {
  if (model == nullptr) return NoModel();
  if (info == nullptr) return Fail(EDGEC_E_ARGUMENT, "info is NULL");
  *info = model->engine.memory();
  return EDGEC_OK;
}

}  // extern "C"
