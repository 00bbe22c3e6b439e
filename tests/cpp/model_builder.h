// Builds .edgec files by hand, right ones and wrong ones: nothing here is checked, and any field
// can be overridden.
#ifndef EDGEC_TESTS_MODEL_BUILDER_H_
#define EDGEC_TESTS_MODEL_BUILDER_H_

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <new>
#include <string>
#include <vector>

#include "base/aligned_memory.h"
#include "base/crc32.h"
#include "format/header.h"

namespace edgec_test {

// A copy of bytes at a 64-byte boundary, exactly as long: a sanitizer sees the end.
class AlignedBytes {
 public:
  explicit AlignedBytes(const std::vector<uint8_t>& bytes) : size_(bytes.size()) {
    void* memory = nullptr;
    if (posix_memalign(&memory, 64, size_ + (size_ == 0)) != 0) throw std::bad_alloc();
    data_ = static_cast<uint8_t*>(memory);
    if (size_ > 0) std::memcpy(data_, bytes.data(), size_);
  }
  ~AlignedBytes() { std::free(data_); }
  AlignedBytes(const AlignedBytes&) = delete;
  AlignedBytes& operator=(const AlignedBytes&) = delete;
  const uint8_t* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  uint8_t* data_;
  size_t size_;
};

constexpr uint64_t kRight = ~uint64_t{0};  // let the builder choose

struct TensorSpec {
  std::string name;
  uint8_t dtype;
  std::vector<uint32_t> dims;
  uint64_t offset = kRight;        // of an arena tensor; constants are placed one after the other
  std::vector<uint8_t> data = {};  // not empty: a constant
  uint8_t layout = 0;
  uint8_t kind = 255;  // 255: by `data`
  uint8_t rank = 255;  // 255: dims.size()
  uint64_t bytes = kRight;
};

struct NodeSpec {
  std::string op;
  std::string name;
  std::vector<int32_t> inputs;
  std::vector<int32_t> outputs;
  std::vector<int32_t> params = {};
};

struct ModelBuilder {
  std::string name = "test";
  std::vector<TensorSpec> tensors;
  std::vector<NodeSpec> nodes;
  std::vector<uint32_t> inputs;
  std::vector<uint32_t> outputs;
  uint64_t arena_bytes = 0;  // grows with each tensor of Add
  bool compressed = false;   // the metadata, at the end; nothing of it is made shorter

  // An arena tensor behind the ones before it; returns its index.
  int32_t Add(const std::string& tensor, uint8_t dtype, std::vector<uint32_t> dims) {
    const uint64_t offset = arena_bytes;
    tensors.push_back(TensorSpec{tensor, dtype, dims, offset});
    arena_bytes += edgec::AlignUp(BytesOf(tensors.back()));
    return static_cast<int32_t>(tensors.size()) - 1;
  }

  template <class T>
  int32_t AddConstant(const std::string& tensor, uint8_t dtype, std::vector<uint32_t> dims,
                      const std::vector<T>& values, uint8_t layout = 0) {
    const uint8_t* bytes = reinterpret_cast<const uint8_t*>(values.data());
    TensorSpec spec{tensor, dtype, dims};
    spec.data.assign(bytes, bytes + values.size() * sizeof(T));
    spec.layout = layout;
    tensors.push_back(spec);
    return static_cast<int32_t>(tensors.size()) - 1;
  }

  static uint64_t BytesOf(const TensorSpec& tensor) {
    constexpr uint64_t kElementBits[] = {32, 8, 8, 32, 32, 64, 2, 3, 4, 5, 6, 7, 16, 24};
    uint64_t bits = tensor.dtype < sizeof(kElementBits) / 8 ? kElementBits[tensor.dtype] : 8;
    for (const uint32_t dim : tensor.dims) bits *= dim;
    return (bits + 7) / 8;
  }

  // Where the constants lie, from `end` on, by tensor; then where the file ends.
  std::vector<uint64_t> Places(uint64_t end) const {
    std::vector<uint64_t> places(tensors.size());
    for (const bool packed : {false, true}) {
      for (size_t i = 0; i < tensors.size(); ++i) {
        if (tensors[i].data.empty() || (tensors[i].dtype > 5) != packed) continue;
        places[i] = packed ? end : edgec::AlignUp(end);
        end = places[i] + tensors[i].data.size();
      }
    }
    places.push_back(end);
    return places;
  }

  std::vector<uint8_t> Build() const;
};

namespace internal {

template <class T>
void Put(std::vector<uint8_t>* bytes, T value) {
  const uint8_t* raw = reinterpret_cast<const uint8_t*>(&value);
  bytes->insert(bytes->end(), raw, raw + sizeof(T));
}

inline void PutString(std::vector<uint8_t>* bytes, const std::string& text) {
  Put<uint32_t>(bytes, static_cast<uint32_t>(text.size()));
  bytes->insert(bytes->end(), text.begin(), text.end());
  while (bytes->size() % 4 != 0) bytes->push_back(0);
}

inline void PutTensor(std::vector<uint8_t>* bytes, const TensorSpec& t, uint64_t constant_offset) {
  const bool constant = !t.data.empty();
  PutString(bytes, t.name);
  Put<uint8_t>(bytes, t.dtype);
  Put<uint8_t>(bytes, t.rank == 255 ? static_cast<uint8_t>(t.dims.size()) : t.rank);
  Put<uint8_t>(bytes, t.kind == 255 ? constant : t.kind);
  Put<uint8_t>(bytes, t.layout);
  for (const uint32_t dim : t.dims) Put(bytes, dim);
  Put<float>(bytes, 0.5f);
  Put<int32_t>(bytes, -3);
  Put<uint64_t>(bytes, t.offset != kRight ? t.offset : constant_offset);
  Put<uint64_t>(bytes, t.bytes != kRight ? t.bytes : ModelBuilder::BytesOf(t));
}

inline void PutNode(std::vector<uint8_t>* bytes, const NodeSpec& node) {
  PutString(bytes, node.op);
  PutString(bytes, node.name);
  Put<uint64_t>(bytes, 7);
  Put<uint8_t>(bytes, static_cast<uint8_t>(node.inputs.size()));
  Put<uint8_t>(bytes, static_cast<uint8_t>(node.outputs.size()));
  Put<uint16_t>(bytes, static_cast<uint16_t>(node.params.size()));
  for (const auto* list : {&node.inputs, &node.outputs, &node.params}) {
    for (const int32_t value : *list) Put(bytes, value);
  }
}

// Compressed bytes that say `bytes`, of which there are 15 or more, as they are.
inline std::vector<uint8_t> Literals(const std::vector<uint8_t>& bytes) {
  std::vector<uint8_t> all = {0xF0};
  size_t rest = bytes.size() - 15;
  for (; rest >= 255; rest -= 255) all.push_back(255);
  all.push_back(static_cast<uint8_t>(rest));
  all.insert(all.end(), bytes.begin(), bytes.end());
  return all;
}

}  // namespace internal

// Makes sizes and checksum right again after bytes were changed. `metadata_bytes` of the header
// stays, and so does the checksum of what is compressed.
inline void Seal(std::vector<uint8_t>* file) {
  edgec::Header header;
  if (file->size() < sizeof(header)) return;
  std::memcpy(&header, file->data(), sizeof(header));
  header.file_bytes = file->size();
  if (header.compressed_bytes == 0 && header.metadata_bytes <= file->size() - sizeof(header)) {
    header.metadata_crc32 = edgec::Crc32(file->data() + sizeof(header), header.metadata_bytes);
  }
  std::memcpy(file->data(), &header, sizeof(header));
}

inline std::vector<uint8_t> ModelBuilder::Build() const {
  // Twice: where constants lie depends on the length of the metadata, not on what it says.
  std::vector<uint8_t> metadata;
  for (int pass = 0; pass < 2; ++pass) {
    const size_t before = compressed ? 0 : metadata.size();
    const std::vector<uint64_t> places = Places(sizeof(edgec::Header) + before);
    metadata.clear();
    internal::PutString(&metadata, name);
    internal::PutString(&metadata, "model_builder.h");
    internal::PutString(&metadata, "test");
    for (size_t i = 0; i < tensors.size(); ++i) {
      internal::PutTensor(&metadata, tensors[i], places[i]);
    }
    for (const NodeSpec& node : nodes) internal::PutNode(&metadata, node);
    for (const auto* list : {&inputs, &outputs}) {
      for (const uint32_t index : *list) internal::Put(&metadata, index);
    }
  }
  edgec::Header header{
      {0x89, 'E', 'D', 'G', 'E', 'C', '\r', '\n'}, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, {}};
  header.metadata_bytes = static_cast<uint32_t>(metadata.size());
  header.tensor_count = static_cast<uint32_t>(tensors.size());
  header.node_count = static_cast<uint32_t>(nodes.size());
  header.input_count = static_cast<uint16_t>(inputs.size());
  header.output_count = static_cast<uint16_t>(outputs.size());
  header.arena_bytes = arena_bytes;
  std::vector<uint8_t> file;
  internal::Put(&file, header);
  if (!compressed) file.insert(file.end(), metadata.begin(), metadata.end());
  const std::vector<uint64_t> places = Places(file.size());
  file.resize(places.back(), 0);
  for (size_t i = 0; i < tensors.size(); ++i) {
    std::copy(tensors[i].data.begin(), tensors[i].data.end(),
              file.begin() + static_cast<ptrdiff_t>(places[i]));
  }
  if (compressed) {
    const std::vector<uint8_t> all = internal::Literals(metadata);
    header.compressed_bytes = static_cast<uint32_t>(all.size());
    header.metadata_crc32 = edgec::Crc32(metadata.data(), metadata.size());
    std::memcpy(file.data(), &header, sizeof(header));
    file.insert(file.end(), all.begin(), all.end());
  }
  Seal(&file);
  return file;
}

// x s8[2,3] → lut (table[i] = ~x) → reshape to y s8[6]. The smallest model with a constant and two
// layers.
inline ModelBuilder SmallModel() {
  ModelBuilder model;
  std::vector<int8_t> table(256);
  for (int i = 0; i < 256; ++i) table[static_cast<size_t>(i)] = static_cast<int8_t>(~(i - 128));
  const int32_t x = model.Add("x", 1, {2, 3});
  const int32_t t = model.AddConstant("table", 1, {256}, table);
  const int32_t h = model.Add("h", 1, {2, 3});
  const int32_t y = model.Add("y", 1, {6});
  model.nodes.push_back({"lut_s8", "invert", {x, t}, {h}});
  model.nodes.push_back({"reshape", "flatten", {h}, {y}});
  model.inputs = {static_cast<uint32_t>(x)};
  model.outputs = {static_cast<uint32_t>(y)};
  return model;
}

}  // namespace edgec_test

#endif  // EDGEC_TESTS_MODEL_BUILDER_H_
