// LiteRT with XNNPACK, out of libLiteRt.so.
//
// A model with early exits has a signature for each segment; one compiled model runs them all. What
// crosses from one to another lies in memory that both of them are given.
#include <cstdlib>
#include <cstring>
#include <deque>
#include <vector>

#include "base/aligned_memory.h"
#include "base/mapped_file.h"
#include "base/softmax_sum.h"
#include "base/status.h"
#include "litert_api.h"
#include "litert_exits.h"
#include "quiet.h"
#include "runner.h"

namespace edgec {
namespace {

constexpr char kLibrary[] = "libLiteRt.so";

// A signature's input or output: what it is, its memory, and LiteRT's view of that.
struct Port {
  edgec_tensor_info info{};
  AlignedMemory memory;
  LiteRtHandle buffer = nullptr;
};

// A signature with its ports; a file without any gets one from its main graph.
struct Segment {
  LiteRtHandle signature = nullptr;
  std::vector<Port*> inputs, outputs;
  std::vector<LiteRtHandle> input_buffers, output_buffers;
};

bool Dtype(int32_t element, edgec_dtype* dtype, uint64_t* bytes) {
  switch (element) {
    case kLiteRtFloat32:
      return *dtype = EDGEC_F32, *bytes = 4, true;
    case kLiteRtInt8:
      return *dtype = EDGEC_S8, *bytes = 1, true;
    case kLiteRtUInt8:
      return *dtype = EDGEC_U8, *bytes = 1, true;
    case kLiteRtInt32:
      return *dtype = EDGEC_S32, *bytes = 4, true;
    case kLiteRtUInt32:
      return *dtype = EDGEC_U32, *bytes = 4, true;
    case kLiteRtInt64:
      return *dtype = EDGEC_S64, *bytes = 8, true;
    default:
      return false;
  }
}

const char* Meaning(LiteRtStatus status) {
  switch (status) {
    case 1:
      return "an argument it does not take";
    case 2:
      return "no memory";
    case 3:
      return "a failure while it ran";
    case 5:
      return "it has no such operator or option";
    case 500:
      return "the file cannot be read";
    case 501:
      return "not a .tflite file, or a damaged one";
    case 504:
      return "the model cannot be compiled";
    default:
      return "a failure";
  }
}

class LiteRtRunner : public Runner {
 public:
  ~LiteRtRunner() override;

  edgec_status Load(const char* path, const RunnerOptions& options) override;
  Identity identity() const override { return {0, "LiteRT", name_, "litert"}; }

  uint32_t input_count() const override { return static_cast<uint32_t>(inputs_.size()); }
  uint32_t output_count() const override { return static_cast<uint32_t>(outputs_.size()); }
  edgec_status InputInfo(uint32_t index, edgec_tensor_info* info) const override {
    return Info(inputs_, index, info);
  }
  edgec_status OutputInfo(uint32_t index, edgec_tensor_info* info) const override {
    return Info(outputs_, index, info);
  }
  void* InputData(uint32_t index) override { return inputs_[index]->memory.data(); }
  const void* OutputData(uint32_t index) const override { return outputs_[index]->memory.data(); }
  edgec_status Run() override;
  uint32_t answer() const override { return answer_; }

  // LiteRT does not tell the size of its arena.
  edgec_memory_info memory() const override { return {0, 0, file_bytes_}; }

 private:
  static edgec_status Check(LiteRtStatus status, const char* what);
  edgec_status Compile(uint32_t threads);
  edgec_status AddOptions(LiteRtHandle options, const char* name, const char* text) const;
  edgec_status ReadExits();
  edgec_status OpenSegments();
  edgec_status OpenPorts(bool inputs, Segment* segment);
  edgec_status OpenPort(LiteRtHandle tensor, const char* name, Port** port);
  edgec_status FindPort(LiteRtHandle tensor, const char* name, Port** port);
  edgec_status ChooseOutputs();
  edgec_status Describe(LiteRtHandle tensor, const LiteRtTensorType& type,
                        edgec_tensor_info* info) const;
  static edgec_status Info(const std::vector<Port*>& ports, uint32_t index,
                           edgec_tensor_info* info);
  edgec_status RunSegment(size_t index);
  void EndAt(size_t segment);

  LoadedLibrary library_;
  LiteRtApi api_;
  LiteRtHandle environment_ = nullptr, model_ = nullptr, options_ = nullptr, compiled_ = nullptr;
  LiteRtExits exits_;
  std::deque<Port> ports_;  // of all segments
  std::vector<Segment> segments_;
  std::vector<Port*> inputs_, outputs_;  // of the model
  uint32_t answer_ = 0;
  uint64_t file_bytes_ = 0;
  char name_[256] = "";
};

LiteRtRunner::~LiteRtRunner() {
  for (Port& port : ports_) {
    if (port.buffer != nullptr) api_.DestroyTensorBuffer(port.buffer);
  }
  if (compiled_ != nullptr) api_.DestroyCompiledModel(compiled_);
  if (options_ != nullptr) api_.DestroyOptions(options_);
  if (model_ != nullptr) api_.DestroyModel(model_);
  if (environment_ != nullptr) api_.DestroyEnvironment(environment_);
}

edgec_status LiteRtRunner::Check(LiteRtStatus status, const char* what) {
  if (status == 0) return EDGEC_OK;
  return Fail(EDGEC_E_RUNTIME, "LiteRT refuses '%s': %s (status %d)", what, Meaning(status),
              status);
}

edgec_status LiteRtRunner::Load(const char* path, const RunnerOptions& options) {
  if (options.isa != nullptr) {
    return Fail(EDGEC_E_ARGUMENT,
                "--isa is '%s'; LiteRT chooses its instruction set by itself: leave it out",
                options.isa);
  }
  MappedFile file;
  if (const edgec_status status = file.Open(path)) return status;
  file_bytes_ = file.bytes();
  FileStem(path, name_, sizeof(name_));
  edgec_status status = library_.Open(options.runtime_library, kLibrary);
  if (!status) status = api_.Bind(&library_);
  const Quiet quiet;  // it greets, and says errors in more than a line
  const LiteRtSeverityOption silent;
  if (!status) status = Check(api_.CreateEnvironment(1, &silent, &environment_), "start");
  if (!status) status = Check(api_.CreateModelFromFile(environment_, path, &model_), path);
  if (!status) status = Compile(options.threads);
  if (!status) status = ReadExits();
  if (!status) status = OpenSegments();
  if (!status) status = ChooseOutputs();
  const std::string line = quiet.LastErrorLine();
  if (!status || line.empty()) return status;
  return Fail(status, "LiteRT refuses '%s': %s", path, line.c_str());
}

edgec_status LiteRtRunner::AddOptions(LiteRtHandle options, const char* name,
                                      const char* text) const {
  char* taken = strdup(text);
  if (taken == nullptr) return Fail(EDGEC_E_MEMORY, "no memory for LiteRT's options");
  LiteRtHandle made;
  edgec_status status = Check(api_.CreateOpaqueOptions(name, taken, std::free, &made), name);
  if (!status) status = Check(api_.AddOpaqueOptions(options, made), name);
  return status;
}

edgec_status LiteRtRunner::Compile(uint32_t threads) {
  char text[32];
  std::snprintf(text, sizeof(text), "num_threads = %u\n", threads);
  edgec_status status = Check(api_.CreateOptions(&options_), "options");
  if (!status) {
    status = Check(api_.SetOptionsHardwareAccelerators(options_, kLiteRtCpu), "accelerators");
  }
  if (!status) status = AddOptions(options_, "xnnpack", text);
  // 2: errors of a run are kept for CompiledModelGetErrorMessages.
  if (!status) status = AddOptions(options_, "runtime_options_string", "error_reporter_mode = 2\n");
  if (!status) {
    status = Check(api_.CreateCompiledModel(environment_, model_, options_, &compiled_), "compile");
  }
  return status;
}

edgec_status LiteRtRunner::ReadExits() {
  const void* metadata = nullptr;
  size_t bytes = 0, count = 0;
  const LiteRtStatus found =
      api_.GetModelMetadata(model_, LiteRtExits::kMetadata, &metadata, &bytes);
  segments_.resize(1);
  if (found != 0) return EDGEC_OK;  // most models have none
  if (const edgec_status status = exits_.Read(metadata, bytes)) return status;
  edgec_status status = Check(api_.GetNumModelSignatures(model_, &count), "signatures");
  if (!status && count != exits_.segments.size()) {
    status = Fail(EDGEC_E_RUNTIME,
                  "the file has %zu signatures, its exits are for %zu: lower the "
                  "model again",
                  count, exits_.segments.size());
  }
  if (!status) segments_.resize(count);
  return status;
}

edgec_status LiteRtRunner::OpenSegments() {
  edgec_status status = EDGEC_OK;
  for (size_t i = 0; i < segments_.size() && !status; ++i) {
    status = Check(api_.GetModelSignature(model_, i, &segments_[i].signature), "signature");
    if (!status) status = OpenPorts(true, &segments_[i]);
    if (!status) status = OpenPorts(false, &segments_[i]);
  }
  return status;
}

edgec_status LiteRtRunner::OpenPorts(bool inputs, Segment* segment) {
  const auto count_of = inputs ? api_.GetNumSignatureInputs : api_.GetNumSignatureOutputs;
  const auto name_of = inputs ? api_.GetSignatureInputName : api_.GetSignatureOutputName;
  const auto tensor_of =
      inputs ? api_.GetSignatureInputTensorByIndex : api_.GetSignatureOutputTensorByIndex;
  const bool crossing = inputs && segment != &segments_.front();
  const LiteRtHandle signature = segment->signature;
  size_t count;
  if (const edgec_status status = Check(count_of(signature, &count), "ports")) return status;
  for (size_t i = 0; i < count; ++i) {
    Port* port;
    LiteRtHandle tensor;
    const char* name;
    edgec_status status = Check(name_of(signature, i, &name), "name of a port");
    if (!status) status = Check(tensor_of(signature, i, &tensor), name);
    if (!status) status = crossing ? FindPort(tensor, name, &port) : OpenPort(tensor, name, &port);
    if (status) return status;
    (inputs ? segment->inputs : segment->outputs).push_back(port);
    (inputs ? segment->input_buffers : segment->output_buffers).push_back(port->buffer);
  }
  return EDGEC_OK;
}

// The port of an earlier segment that a later one reads.
edgec_status LiteRtRunner::FindPort(LiteRtHandle tensor, const char* name, Port** port) {
  LiteRtTensorType type;
  edgec_tensor_info info{};
  info.name = name;
  edgec_status status = Check(api_.GetRankedTensorType(tensor, &type), name);
  if (!status) status = Describe(tensor, type, &info);
  if (status) return status;
  for (Port& known : ports_) {
    if (std::strcmp(known.info.name, name) != 0) continue;
    if (known.info.dtype != info.dtype || known.info.bytes != info.bytes) break;
    return *port = &known, EDGEC_OK;
  }
  return Fail(EDGEC_E_RUNTIME,
              "'%s' is read and no earlier segment writes it so: lower the model "
              "again",
              name);
}

edgec_status LiteRtRunner::OpenPort(LiteRtHandle tensor, const char* name, Port** made) {
  Port* port = *made = &ports_.emplace_back();
  port->info.name = name;
  LiteRtTensorType type;
  edgec_status status = Check(api_.GetRankedTensorType(tensor, &type), port->info.name);
  if (!status) status = Describe(tensor, type, &port->info);
  if (status) return status;
  // XNNPACK may read a little past the end.
  const size_t bytes = (port->info.bytes + 2 * kLiteRtAlignment - 1) & ~(kLiteRtAlignment - 1);
  if (!port->memory.Allocate(bytes)) {
    return Fail(EDGEC_E_MEMORY, "no memory for '%s'", port->info.name);
  }
  std::memset(port->memory.data(), 0, bytes);
  return Check(api_.CreateTensorBufferFromHostMemory(&type, port->memory.data(), port->info.bytes,
                                                     nullptr, &port->buffer),
               port->info.name);
}

edgec_status LiteRtRunner::ChooseOutputs() {
  inputs_ = segments_.front().inputs;
  if (exits_.segments.empty()) {
    outputs_ = segments_.front().outputs;
    answer_ = Runner::answer();
    return EDGEC_OK;
  }
  for (const LiteRtExits::Place& place : exits_.outputs) {
    const std::vector<Port*>& written = segments_[place.segment].outputs;
    if (place.position >= written.size()) {
      return Fail(EDGEC_E_RUNTIME, "segment %u has no output %u: lower the model again",
                  place.segment, place.position);
    }
    outputs_.push_back(written[place.position]);
  }
  for (const LiteRtExits::Segment& segment : exits_.segments) {
    if (segment.answer == LiteRtExits::kNoExit) continue;
    const edgec_tensor_info& info = outputs_[segment.answer]->info;
    if (info.dtype != EDGEC_F32 || info.bytes > kSoftmaxMostLogits * sizeof(float)) {
      return Fail(EDGEC_E_RUNTIME,
                  "the exit '%s' is no row of up to 4095 float32: lower the model "
                  "again",
                  info.name);
    }
  }
  return EDGEC_OK;
}

edgec_status LiteRtRunner::Describe(LiteRtHandle tensor, const LiteRtTensorType& type,
                                    edgec_tensor_info* info) const {
  if (!Dtype(type.element, &info->dtype, &info->bytes)) {
    return Fail(EDGEC_E_RUNTIME, "'%s' has LiteRT's element type %d, which is not supported here",
                info->name, type.element);
  }
  info->rank = type.rank;
  if (info->rank > EDGEC_MAX_RANK) {
    return Fail(EDGEC_E_RUNTIME, "'%s' has %u dimensions, allowed are up to %d", info->name,
                info->rank, EDGEC_MAX_RANK);
  }
  for (uint32_t i = 0; i < info->rank; ++i) {
    if (type.dims[i] < 1 || info->bytes > UINT32_MAX / static_cast<uint32_t>(type.dims[i])) {
      return Fail(EDGEC_E_RUNTIME, "'%s' has a dimension of %d; only fixed shapes below 4 GiB run",
                  info->name, type.dims[i]);
    }
    info->dims[i] = static_cast<uint32_t>(type.dims[i]);
    info->bytes *= info->dims[i];
  }
  int kind;
  edgec_status status = Check(api_.GetQuantizationTypeId(tensor, &kind), info->name);
  if (status || kind != kLiteRtPerTensorQuantization) return status;
  LiteRtQuantization quantization;
  status = Check(api_.GetPerTensorQuantization(tensor, &quantization), info->name);
  info->scale = quantization.scale;
  info->zero_point = static_cast<int32_t>(quantization.zero_point);
  return status;
}

edgec_status LiteRtRunner::Info(const std::vector<Port*>& ports, uint32_t index,
                                edgec_tensor_info* info) {
  if (index >= ports.size()) return Fail(EDGEC_E_ARGUMENT, "there is no port %u", index);
  *info = ports[index]->info;
  return EDGEC_OK;
}

edgec_status LiteRtRunner::Run() {
  for (size_t i = 0; i < segments_.size(); ++i) {
    if (const edgec_status status = RunSegment(i)) return status;
    if (exits_.segments.empty()) return EDGEC_OK;
    const LiteRtExits::Segment& exit = exits_.segments[i];
    if (exit.answer == LiteRtExits::kNoExit) continue;
    const Port& judged = *outputs_[exit.answer];
    if (exits_.Ends(exit, judged.memory.data(), judged.info.bytes)) return EndAt(i), EDGEC_OK;
  }
  answer_ = exits_.WholeAnswer();
  return EDGEC_OK;
}

// As edgec_answer says it: what was not reached is zero.
void LiteRtRunner::EndAt(size_t segment) {
  answer_ = exits_.segments[segment].answer;
  for (size_t k = 0; k < outputs_.size(); ++k) {
    if (exits_.outputs[k].segment <= segment) continue;
    std::memset(outputs_[k]->memory.data(), 0, outputs_[k]->info.bytes);
  }
}

edgec_status LiteRtRunner::RunSegment(size_t index) {
  std::vector<LiteRtHandle>& inputs = segments_[index].input_buffers;
  std::vector<LiteRtHandle>& outputs = segments_[index].output_buffers;
  const LiteRtStatus status = api_.RunCompiledModel(compiled_, index, inputs.size(), inputs.data(),
                                                    outputs.size(), outputs.data());
  if (status == 0) return EDGEC_OK;
  char* text = nullptr;
  api_.CompiledModelGetErrorMessages(compiled_, &text);
  std::string line = text == nullptr ? "" : text;
  std::free(text);
  line.resize(line.find_last_not_of(" \n") + 1);
  for (char& c : line) c = c == '\n' ? ';' : c;
  if (line.empty()) line = Meaning(status);
  return Fail(EDGEC_E_RUNTIME, "LiteRT stopped: %s", line.c_str());
}

}  // namespace

std::unique_ptr<Runner> MakeLiteRtRunner() { return std::make_unique<LiteRtRunner>(); }

}  // namespace edgec
