// A TVM module that our backend emitted, in TVM's virtual machine, behind the C functions of
// edgec_tvm.h. What its inputs and outputs are says the .edgec file inside.
#include <tvm/ffi/container/array.h>
#include <tvm/ffi/container/tensor.h>
#include <tvm/ffi/error.h>
#include <tvm/ffi/extra/module.h>
#include <tvm/ffi/function.h>

#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "base/status.h"
#include "edgec_tvm.h"
#include "models.h"

namespace ffi = tvm::ffi;
using edgec::Engine;
using edgec::Fail;
using edgec::Models;

struct edgec_tvm_program {
  ffi::Function main;
  ffi::Tensor file;  // keeps the engine
  const Engine* engine = nullptr;
  std::vector<ffi::Tensor> inputs;
  std::vector<ffi::AnyView> arguments;
  ffi::Any result;
  std::vector<const void*> outputs;
};

namespace {

constexpr int kCpu = kDLCPU, kPooledAllocator = 2;  // TVM: runtime/memory/memory_manager.h

struct AlignedAllocator {
  void AllocData(DLTensor* tensor) {
    auto memory = std::make_unique<edgec::AlignedMemory>();
    if (!memory->Allocate(ffi::GetDataSize(*tensor))) throw std::bad_alloc();
    tensor->data = memory->data();
    owner = memory.release();
  }
  void FreeData(DLTensor*) { delete owner; }
  edgec::AlignedMemory* owner = nullptr;
};

DLDataType TypeOf(edgec_dtype dtype) {
  switch (dtype) {
    case EDGEC_F32:
      return {kDLFloat, 32, 1};
    case EDGEC_S8:
      return {kDLInt, 8, 1};
    case EDGEC_U8:
      return {kDLUInt, 8, 1};
    case EDGEC_S32:
      return {kDLInt, 32, 1};
    case EDGEC_U32:
      return {kDLUInt, 32, 1};
    case EDGEC_S64:
      return {kDLInt, 64, 1};
  }
  return {};
}

// Calls `body`; what TVM throws becomes a status and the first line of its message.
template <class Body>
edgec_status Guarded(Body body) {
  try {
    return body();
  } catch (const ffi::Error& error) {
    const std::string message = error.message();
    return Fail(EDGEC_E_RUNTIME, "TVM: %s", message.substr(0, message.find('\n')).c_str());
  } catch (const std::exception& error) {
    return Fail(EDGEC_E_MEMORY, "%s", error.what());
  }
}

ffi::Function FunctionOf(const ffi::Module& module, const char* name) {
  const ffi::Optional<ffi::Function> found = module->GetFunction(name, true);
  if (!found.has_value()) TVM_FFI_THROW(ValueError) << "the module has no function " << name;
  return found.value();
}

edgec_status Open(const std::string& path, const edgec_options& options,
                  edgec_tvm_program* program) {
  // TVM takes a name without a slash for one of its own libraries.
  const ffi::Module library =
      ffi::Module::LoadFromFile(path.find('/') == std::string::npos ? "./" + path : path);
  const ffi::Module machine = FunctionOf(library, "vm_load_executable")().cast<ffi::Module>();
  FunctionOf(machine, "vm_initialization")(kCpu, 0, kPooledAllocator);
  Models& models = Models::Get();
  const std::lock_guard<std::mutex> lock(models.mutex());
  const char* isa = options.isa != nullptr ? options.isa : "";
  if (const edgec_status status = models.Configure(options.threads ? options.threads : 1, isa)) {
    return status;
  }
  Engine* engine = nullptr;
  program->file = FunctionOf(machine, "file")().cast<ffi::Tensor>();
  if (const edgec_status status = models.Find(program->file, &engine)) return status;
  program->engine = engine;
  program->main = FunctionOf(machine, "main");
  return EDGEC_OK;
}

void AllocateInputs(edgec_tvm_program* program) {
  const edgec::ModelFile& file = program->engine->file();
  for (uint32_t i = 0; i < file.header.input_count; ++i) {
    const edgec::TensorRecord& record = file.tensors[file.inputs[i]];
    const std::vector<int64_t> dims(record.dims, record.dims + record.rank);
    program->inputs.push_back(ffi::Tensor::FromNDAlloc(AlignedAllocator(),
                                                       ffi::ShapeView(dims.data(), dims.size()),
                                                       TypeOf(record.dtype), DLDevice{kDLCPU, 0}));
  }
  for (const ffi::Tensor& input : program->inputs) program->arguments.push_back(input);
  program->outputs.assign(file.header.output_count, nullptr);
}

edgec_status Load(const char* path, const edgec_options* options, edgec_tvm_program** program) {
  *program = nullptr;
  auto made = std::make_unique<edgec_tvm_program>();
  const edgec_status status = Guarded([&] {
    if (const edgec_status opened =
            Open(path, options != nullptr ? *options : edgec_options{}, made.get())) {
      return opened;
    }
    AllocateInputs(made.get());
    return EDGEC_OK;
  });
  if (status == EDGEC_OK) *program = made.release();
  return status;
}

edgec_status Describe(const edgec_tvm_program* program, const uint32_t* indices, uint32_t count,
                      uint32_t index, edgec_tensor_info* info) {
  if (index >= count) return Fail(EDGEC_E_ARGUMENT, "index %u of %u", index, count);
  const edgec::TensorRecord& record = program->engine->file().tensors[indices[index]];
  *info = edgec_tensor_info{};
  info->name = record.name;
  info->dtype = record.dtype;
  info->rank = record.rank;
  std::memcpy(info->dims, record.dims, sizeof(info->dims));
  info->bytes = record.bytes;
  info->scale = record.scale;
  info->zero_point = record.zero_point;
  return EDGEC_OK;
}

uint32_t InputCount(const edgec_tvm_program* program) {
  return program->engine->file().header.input_count;
}

uint32_t OutputCount(const edgec_tvm_program* program) {
  return program->engine->file().header.output_count;
}

edgec_status InputInfo(const edgec_tvm_program* program, uint32_t index, edgec_tensor_info* info) {
  return Describe(program, program->engine->file().inputs, InputCount(program), index, info);
}

edgec_status OutputInfo(const edgec_tvm_program* program, uint32_t index, edgec_tensor_info* info) {
  return Describe(program, program->engine->file().outputs, OutputCount(program), index, info);
}

edgec_status Run(edgec_tvm_program* program) {
  return Guarded([&] {
    program->result.reset();  // its memory is there for this run again
    program->main.CallPacked(program->arguments.data(),
                             static_cast<int32_t>(program->arguments.size()), &program->result);
    const auto outputs = program->result.cast<ffi::Array<ffi::Tensor>>();
    for (size_t i = 0; i < program->outputs.size(); ++i) {
      const ffi::Tensor output = outputs[static_cast<int64_t>(i)];
      program->outputs[i] = static_cast<const char*>(output.data_ptr()) + output.byte_offset();
    }
    return EDGEC_OK;
  });
}

void* InputData(edgec_tvm_program* program, uint32_t index) {
  return index < program->inputs.size() ? program->inputs[index].data_ptr() : nullptr;
}

const void* OutputData(const edgec_tvm_program* program, uint32_t index) {
  return index < program->outputs.size() ? program->outputs[index] : nullptr;
}

const edgec_tvm_functions kFunctions = {
    EDGEC_TVM_API_VERSION,
    edgec::LastError,
    Load,
    [](edgec_tvm_program* program) { delete program; },
    [](const edgec_tvm_program* program) { return program->engine->file().name; },
    InputCount,
    OutputCount,
    InputInfo,
    OutputInfo,
    InputData,
    Run,
    OutputData,
    [](const edgec_tvm_program* program) { return program->engine->memory(); },
};

}  // namespace

extern "C" const edgec_tvm_functions* edgec_tvm_api(uint32_t version) {
  return version == EDGEC_TVM_API_VERSION ? &kFunctions : nullptr;
}
