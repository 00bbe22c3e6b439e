#include "session.h"

#include <cstdio>
#include <cstring>

#include "base/status.h"
#include "npy.h"

namespace edgec {
namespace {

// How often the model's shape fits into the array's along the first dimension; 0: it does not fit.
uint64_t CountSamples(const Array& array, const edgec_tensor_info& info) {
  if (array.dtype != info.dtype || array.rank != info.rank || array.bytes % info.bytes != 0)
    return 0;
  for (uint32_t i = 1; i < info.rank; ++i) {
    if (array.dims[i] != info.dims[i]) return 0;
  }
  return array.bytes / info.bytes;
}

// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
uint64_t NextRandom(uint64_t* state) {
  uint64_t z = (*state += 0x9E3779B97F4A7C15u);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

template <class T, class F>
void Fill(void* data, uint64_t bytes, F value) {
  T* elements = static_cast<T*>(data);
  for (uint64_t i = 0; i < bytes / sizeof(T); ++i) elements[i] = static_cast<T>(value());
}

}  // namespace

edgec_status Session::Load() {
  const edgec_status status = MakeRunner(path, &model);
  return status ? status : model->Load(path, options);
}

edgec_status ParseSessionOption(Arguments& arguments, Session* session, bool* known) {
  *known = true;
  if (arguments.Is("--threads")) return arguments.Count(1, 256, &session->options.threads);
  if (arguments.Is("--isa")) return arguments.Text(&session->options.isa);
  if (arguments.Is("--runtime-library")) return arguments.Text(&session->options.runtime_library);
  *known = arguments.IsPositional() && session->path == nullptr;
  if (*known) session->path = arguments.current();
  return EDGEC_OK;
}

const char* BestIsa() {
  const char* best = "";
  for (uint32_t i = 0; edgec_isa_name(i) != nullptr; ++i) best = edgec_isa_name(i);
  return best;
}

edgec_status InputFiles::Open(const Runner& model, const std::vector<const char*>& paths) {
  if (paths.size() != model.input_count()) {
    return Fail(EDGEC_E_ARGUMENT, "%zu --input given, the model has %u inputs", paths.size(),
                model.input_count());
  }
  for (const char* path : paths) {
    if (const edgec_status status = OpenOne(model, path)) return status;
  }
  return EDGEC_OK;
}

edgec_status InputFiles::OpenOne(const Runner& model, const char* path) {
  const uint32_t index = static_cast<uint32_t>(arrays_.size());
  arrays_.push_back(std::make_unique<Array>());
  const Array& array = *arrays_.back();
  if (const edgec_status status = ReadNpy(path, arrays_.back().get())) return status;
  edgec_tensor_info info;
  if (const edgec_status status = model.InputInfo(index, &info)) return status;
  const uint64_t samples = CountSamples(array, info);
  if (samples == 0) {
    char found[128], wanted[128];
    ShapeText(array.dtype, array.rank, array.dims, found);
    ShapeText(info.dtype, info.rank, info.dims, wanted);
    return Fail(EDGEC_E_ARGUMENT, "'%s' is %s, input %u '%s' is %s or several of it", path, found,
                index, info.name, wanted);
  }
  if (index > 0 && samples != samples_) {
    return Fail(EDGEC_E_ARGUMENT, "'%s' holds %llu samples, the inputs before it %llu", path,
                static_cast<unsigned long long>(samples),
                static_cast<unsigned long long>(samples_));
  }
  samples_ = samples;
  return EDGEC_OK;
}

void InputFiles::Fill(Runner& model, uint32_t index, uint64_t sample) const {
  const Array& array = *arrays_[index];
  const size_t bytes = static_cast<size_t>(array.bytes / samples_);
  std::memcpy(model.InputData(index), array.data + sample * bytes, bytes);
}

void FillRandom(Runner& model, uint32_t index, uint64_t seed) {
  edgec_tensor_info info;
  if (model.InputInfo(index, &info) != EDGEC_OK) return;
  void* data = model.InputData(index);
  uint64_t state = seed + index;
  const auto bits = [&state] { return NextRandom(&state) >> 32; };
  const auto bit = [&state] { return NextRandom(&state) >> 63; };
  const auto unit = [&state] {
    return static_cast<float>(static_cast<int64_t>(NextRandom(&state) >> 40) - (1 << 23)) *
           (1.0f / (1 << 23));
  };
  switch (info.dtype) {
    case EDGEC_F32:
      return Fill<float>(data, info.bytes, unit);
    case EDGEC_S8:
    case EDGEC_U8:
      return Fill<uint8_t>(data, info.bytes, bits);
    case EDGEC_S32:
    case EDGEC_U32:
      return Fill<uint32_t>(data, info.bytes, bit);
    case EDGEC_S64:
      return Fill<uint64_t>(data, info.bytes, bit);
  }
}

void ShapeText(edgec_dtype dtype, uint32_t rank, const uint32_t* dims, char* text) {
  constexpr size_t kSize = 128;
  int length = std::snprintf(text, kSize, "[");
  for (uint32_t i = 0; i < rank; ++i) {
    length += std::snprintf(text + length, kSize - length, i == 0 ? "%u" : ",%u", dims[i]);
  }
  std::snprintf(text + length, kSize - length, "] %s", DtypeName(dtype));
}

void DescribeIdentity(const Session& session, Json* json) {
  const Identity identity = session.model->identity();
  json->Unsigned("abi", identity.abi);
  json->String("version", identity.version);
  json->String("model", identity.model);
  json->String("isa", identity.isa);
  json->Unsigned("threads", session.options.threads);
}

void DescribeLayer(const edgec_layer_info& layer, Json* json) {
  json->String("name", layer.name);
  json->String("op", layer.op);
  json->String("kernel", layer.kernel);
  json->Unsigned("macs", layer.macs);
  json->Unsigned("bytes", layer.bytes);
}

void DescribeMemory(const Runner& model, Json* json) {
  const edgec_memory_info memory = model.memory();
  json->Unsigned("arena_bytes", memory.arena_bytes);
  json->Unsigned("scratch_bytes", memory.scratch_bytes);
  json->Unsigned("constant_bytes", memory.constant_bytes);
}

}  // namespace edgec
