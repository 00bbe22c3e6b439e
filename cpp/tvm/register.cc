// The functions that compiled TVM modules and programs around them call:
//
//   edgec.layers(file, what, x..., y...)   runs layers of the model in `file` (uint8, an .edgec
//   file) edgec.configure(threads, isa)          for models that are first used from now on; "" =
//   best isa
//
// `what` is a shape: first layer, last layer + 1, then the index in the file of each x and y. What
// the layers read from before `first` is copied into the model's arena from the x, and what others
// read is copied out to the y. Within the layers nothing is copied.
#include <tvm/ffi/container/shape.h>
#include <tvm/ffi/container/tensor.h>
#include <tvm/ffi/error.h>
#include <tvm/ffi/function.h>
#include <tvm/ffi/reflection/registry.h>

#include <cstring>
#include <new>

#include "base/status.h"
#include "models.h"

namespace edgec {
namespace {

namespace ffi = tvm::ffi;

constexpr int32_t kFixedArguments = 2;  // file, what
constexpr size_t kFixedNumbers = 2;     // first, last

void Require(edgec_status status) {
  if (status != EDGEC_OK) {
    TVM_FFI_THROW(RuntimeError) << StatusName(status) << ": " << LastError();
  }
}

// A caller's tensor and the one of the model that stands for it.
struct Pair {
  DLTensor* outside;
  const Tensor* inside;

  Pair(const Engine& engine, ffi::AnyView argument, int64_t index)
      : outside(argument.cast<DLTensor*>()), inside(nullptr) {
    if (index < 0 || static_cast<size_t>(index) >= engine.file().tensors.size()) {
      TVM_FFI_THROW(ValueError) << "edgec.layers: there is no tensor " << index;
    }
    inside = &engine.tensor(static_cast<uint32_t>(index));
    if (inside->constant || ffi::GetDataSize(*outside) != inside->bytes) {
      TVM_FFI_THROW(ValueError) << "edgec.layers: '" << inside->name << "' has " << inside->bytes
                                << " bytes, given are " << ffi::GetDataSize(*outside);
    }
  }
  void* data() const { return static_cast<char*>(outside->data) + outside->byte_offset; }
};

// Whether one of the layers writes the tensor.
bool Writes(const Engine& engine, size_t first, size_t last, const Tensor* tensor) {
  for (size_t i = first; i < last; ++i) {
    const Node& node = engine.layers()[i].node;
    for (uint32_t k = 0; k < node.output_count; ++k) {
      if (node.outputs[k] == tensor) return true;
    }
  }
  return false;
}

void RunLayers(ffi::PackedArgs args, ffi::Any*) {
  const ffi::Shape what = args[1].cast<ffi::Shape>();
  const size_t tensors = static_cast<size_t>(args.size() - kFixedArguments);
  Models& models = Models::Get();
  const std::lock_guard<std::mutex> lock(models.mutex());
  Engine* engine = nullptr;
  Require(models.Find(args[0].cast<ffi::Tensor>(), &engine));
  if (what.size() != tensors + kFixedNumbers || what[0] < 0 || what[1] < what[0] ||
      static_cast<size_t>(what[1]) > engine->layers().size()) {
    TVM_FFI_THROW(ValueError) << "edgec.layers: " << tensors << " tensors and layers that the model"
                              << " does not have";
  }
  const size_t first = static_cast<size_t>(what[0]), last = static_cast<size_t>(what[1]);
  const auto pair = [&](size_t i) {
    return Pair(*engine, args[static_cast<int32_t>(i) + kFixedArguments], what[i + kFixedNumbers]);
  };
  for (size_t i = 0; i < tensors; ++i) {
    const Pair x = pair(i);
    if (!Writes(*engine, first, last, x.inside)) {
      std::memcpy(x.inside->data, x.data(), x.inside->bytes);
    }
  }
  Require(engine->RunLayers(first, last));
  for (size_t i = 0; i < tensors; ++i) {
    const Pair y = pair(i);
    if (Writes(*engine, first, last, y.inside)) {
      std::memcpy(y.data(), y.inside->data, y.inside->bytes);
    }
  }
}

void Configure(int64_t threads, const ffi::String& isa) {
  Models& models = Models::Get();
  const std::lock_guard<std::mutex> lock(models.mutex());
  Require(models.Configure(threads, isa));
}

TVM_FFI_STATIC_INIT_BLOCK() {
  ffi::reflection::GlobalDef()
      .def_packed("edgec.layers", RunLayers)
      .def("edgec.configure", Configure);
}

}  // namespace
}  // namespace edgec
