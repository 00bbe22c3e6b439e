// Breaks .edgec files and loads and runs what comes out. A finding is a crash, a sanitizer's report
// or a hang.
//
// Half of the inputs are bytes with damage, their checksum made right again so that more than the
// checksum is tried; the other half are models of op_models.h with wrong fields, which pass the
// reader and try the ops. With clang this is a libFuzzer target; otherwise fuzz_main.cc calls it in
// a loop. See scripts/fuzz.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "op_models.h"

#if defined(__SANITIZE_ADDRESS__)
#define EDGEC_ASAN 1
#elif defined(__has_feature)
#define EDGEC_ASAN __has_feature(address_sanitizer)
#endif
#if EDGEC_ASAN
#include <sanitizer/asan_interface.h>
#endif

namespace {

using edgec::Engine;
using edgec_test::ModelBuilder;
using Bytes = std::vector<uint8_t>;
using Random = std::minstd_rand;

const std::vector<ModelBuilder>& Seeds() {
  static const std::vector<ModelBuilder> seeds = [] {
    std::vector<ModelBuilder> models = edgec_test::OpModels();
    models.push_back(edgec_test::SmallModel());
    return models;
  }();
  return seeds;
}

uint32_t Below(Random& random, size_t limit) {
  return limit == 0 ? 0 : static_cast<uint32_t>(random() % limit);
}

uint32_t Interesting(Random& random) {
  constexpr uint32_t kValues[] = {0,          1,          2,          3,          4,
                                  15,         16,         17,         63,         64,
                                  65,         127,        128,        255,        256,
                                  0x7FFF,     0xFFFF,     0x10000,    0x7FFFFFFF, 0x80000000,
                                  0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFF80, 0x7F800000, 0xFF800000,
                                  0x7FC00000, 0x3F800000, 0x00000001, 0x7F7FFFFF, 1000003};
  const uint32_t value = kValues[Below(random, sizeof(kValues) / sizeof(kValues[0]))];
  return Below(random, 4) == 0 ? value + Below(random, 9) - 4 : value;
}

// A place in the bytes for a field, 4-byte aligned as the format has it.
size_t Place(Random& random, const Bytes& bytes) {
  return bytes.size() < 4 ? 0 : Below(random, bytes.size() / 4) * size_t{4};
}

void Put(Bytes* bytes, size_t at, uint32_t value) {
  if (at + sizeof(value) <= bytes->size()) std::memcpy(bytes->data() + at, &value, sizeof(value));
}

// Inserts or removes fields in the metadata and keeps the header's length of it right.
void Resize(Random& random, Bytes* bytes) {
  edgec::Header header;
  if (bytes->size() < sizeof(header) + 8) return;
  std::memcpy(&header, bytes->data(), sizeof(header));
  const size_t at = std::max(Place(random, *bytes), sizeof(header));
  const uint32_t size = 4 * (1 + Below(random, 4));
  if (Below(random, 2) == 0) {
    bytes->insert(bytes->begin() + static_cast<ptrdiff_t>(at), size,
                  static_cast<uint8_t>(random()));
    header.metadata_bytes += size;
  } else if (at + size <= bytes->size() && header.metadata_bytes >= size) {
    const auto first = bytes->begin() + static_cast<ptrdiff_t>(at);
    bytes->erase(first, first + size);
    header.metadata_bytes -= size;
  }
  std::memcpy(bytes->data(), &header, sizeof(header));
}

void DamageBytes(Random& random, Bytes* bytes) {
  const size_t at = Place(random, *bytes), from = Place(random, *bytes);
  switch (Below(random, 6)) {
    case 0:
      if (!bytes->empty()) (*bytes)[Below(random, bytes->size())] ^= 1u << Below(random, 8);
      break;
    case 1:
      Put(bytes, at, Interesting(random));
      break;
    case 2:
      Put(bytes, at, Interesting(random));
      Put(bytes, at + 4, Below(random, 2) == 0 ? 0 : ~0u);  // a u64, small or negative
      break;
    case 3: {
      const size_t size = 4 * (1 + size_t{Below(random, 16)});
      if (std::max(at, from) + size <= bytes->size()) {
        std::memmove(bytes->data() + at, bytes->data() + from, size);
      }
      break;
    }
    case 4:
      Resize(random, bytes);
      break;
    case 5:
      if (Below(random, 8) == 0) bytes->resize(Below(random, bytes->size() + 64), 0);
      break;
  }
}

void DamageTensor(Random& random, ModelBuilder* model) {
  edgec_test::TensorSpec& tensor = model->tensors[Below(random, model->tensors.size())];
  std::vector<uint32_t>& dims = tensor.dims;
  switch (Below(random, 5)) {
    case 0:
      tensor.dtype = static_cast<uint8_t>(Below(random, 15));
      break;
    case 1:
      tensor.layout = static_cast<uint8_t>(Below(random, 5));
      break;
    case 2:
      if (!dims.empty()) dims[Below(random, dims.size())] = 1 + Below(random, 20);
      break;
    case 3:
      if (Below(random, 2) == 0 || dims.empty()) {
        dims.push_back(1);
      } else {
        dims.erase(dims.begin() + Below(random, dims.size()));
      }
      break;
    case 4:
      Put(&tensor.data, Place(random, tensor.data), Interesting(random));
      break;
  }
  if (!tensor.data.empty() && ModelBuilder::BytesOf(tensor) < (1 << 16)) {
    tensor.data.resize(ModelBuilder::BytesOf(tensor), 1);
  }
}

void DamageParam(Random& random, std::vector<int32_t>* params) {
  if (params->empty()) return;
  int32_t& param = (*params)[Below(random, params->size())];
  const uint32_t near = static_cast<uint32_t>(param) + Below(random, 7) - 3;
  param = static_cast<int32_t>(Below(random, 2) == 0 ? Interesting(random) : near);
}

void DamageNode(Random& random, ModelBuilder* model) {
  edgec_test::NodeSpec& node = model->nodes[Below(random, model->nodes.size())];
  const int32_t any = static_cast<int32_t>(Below(random, model->tensors.size() + 1)) - 1;
  switch (Below(random, 8)) {
    case 0:
      node.op = Seeds()[Below(random, Seeds().size())].nodes[0].op;
      break;
    case 1:
      node.inputs.push_back(any);
      break;
    case 2:
      if (!node.inputs.empty()) node.inputs[Below(random, node.inputs.size())] = any;
      break;
    case 3:
      node.params.push_back(static_cast<int32_t>(Interesting(random)));
      break;
    default:
      DamageParam(random, &node.params);
  }
}

// Lays the arena out again, so that sizes that were changed fit.
void Place(ModelBuilder* model) {
  model->arena_bytes = 0;
  for (edgec_test::TensorSpec& tensor : model->tensors) {
    const uint64_t bytes = ModelBuilder::BytesOf(tensor);
    if (!tensor.data.empty() || bytes > (1 << 20)) continue;
    tensor.offset = model->arena_bytes;
    model->arena_bytes += edgec::AlignUp(bytes);
  }
}

Bytes DamagedModel(Random& random) {
  ModelBuilder model = Seeds()[Below(random, Seeds().size())];
  for (uint32_t i = Below(random, 4); i-- > 0;) {
    if (Below(random, 2) == 0)
      DamageTensor(random, &model);
    else
      DamageNode(random, &model);
  }
  Place(&model);
  model.compressed = Below(random, 4) == 0;
  return model.Build();
}

// Ops take time that grows with the product of what they read and write: leave the slow ones out.
bool IsAffordable(const Engine& engine) {
  uint64_t work = 0;
  for (const Engine::Layer& layer : engine.layers()) {
    if (layer.bytes > (1 << 18)) return false;
    work += layer.bytes * layer.bytes;
  }
  return work < (uint64_t{1} << 34);
}

// Makes the address sanitizer report a touch of arena bytes that belong to no tensor.
void PoisonGaps(const Engine& engine) {
#if EDGEC_ASAN
  const edgec::ModelFile& file = engine.file();
  const uint8_t* arena = nullptr;
  for (uint32_t i = 0; i < file.tensors.size(); ++i) {
    const uint8_t* data = engine.tensor(i).as<uint8_t>();
    if (!file.tensors[i].constant) arena = data - file.tensors[i].offset;
  }
  ASAN_POISON_MEMORY_REGION(arena, file.header.arena_bytes);
  for (uint32_t i = 0; i < file.tensors.size(); ++i) {
    if (file.tensors[i].constant) continue;
    ASAN_UNPOISON_MEMORY_REGION(engine.tensor(i).data, file.tensors[i].bytes);
  }
#else
  (void)engine;
#endif
}

void Fill(const Engine& engine, Random& random) {
  for (uint32_t i = 0; i < engine.file().header.input_count; ++i) {
    const edgec::Tensor& input = engine.tensor(engine.file().inputs[i]);
    const bool wild = Below(random, 2) == 0;  // any bits, or small numbers
    for (uint64_t k = 0; k < input.bytes; ++k) {
      input.out<uint8_t>()[k] = static_cast<uint8_t>(wild         ? random()
                                                     : k % 4 == 0 ? random() % 4
                                                                  : 0);
    }
  }
}

edgec::IsaSet AnyIsa(Random& random) {
  const uint32_t isa = Below(random, static_cast<size_t>(edgec::Isa::kIsaCount));
  return edgec::IsaSet::Detect().LimitedTo(static_cast<edgec::Isa>(isa));
}

// A right file may ask for 4 GiB, which a sanitizer takes seconds to hand out.
bool WantsMuchMemory(const edgec_test::AlignedBytes& bytes) {
  edgec::ModelFile file;
  if (edgec::ReadModelFile(bytes.data(), bytes.size(), &file) != EDGEC_OK) return false;
  return file.header.arena_bytes > (1 << 26);
}

void LoadAndRun(const edgec_test::AlignedBytes& bytes, Random& random) {
  if (WantsMuchMemory(bytes)) return;
  Engine engine;
  const edgec::IsaSet isa = AnyIsa(random);
  if (engine.Load(bytes.data(), bytes.size(), isa, 1 + Below(random, 2)) != EDGEC_OK) return;
  if (!IsAffordable(engine)) return;
  PoisonGaps(engine);
  for (int run = 0; run < 2; ++run) {
    Fill(engine, random);
    engine.Run();
  }
}

}  // namespace

// What the fuzzer does with `bytes`; used by libFuzzer's mutator and by fuzz_main.cc alike.
Bytes Mutated(const uint8_t* data, size_t size, uint32_t seed) {
  Random random(seed + 1);
  Bytes bytes(data, data + size);
  if (Below(random, 2) == 0 || size < sizeof(edgec::Header)) bytes = DamagedModel(random);
  for (uint32_t i = Below(random, 4); i-- > 0;) DamageBytes(random, &bytes);
  if (Below(random, 16) != 0) edgec_test::Seal(&bytes);
  return bytes;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const edgec_test::AlignedBytes bytes(Bytes(data, data + size));
  Random random(size > 25 ? data[24] + 256u * data[25] + 1
                          : 1);  // of the checksum: the same each time
  try {
    LoadAndRun(bytes, random);
  } catch (const std::bad_alloc&) {
    // EDGEC_E_MEMORY at the C ABI: sizes may be large.
  }
  return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size,
                                          unsigned seed) {
  const Bytes bytes = Mutated(data, size, seed);
  if (bytes.size() > max_size) return size;
  std::memcpy(data, bytes.data(), bytes.size());
  return bytes.size();
}
