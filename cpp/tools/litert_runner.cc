// LiteRT with XNNPACK, out of libLiteRt.so.
//
// A model with early exits has a signature for each segment; one compiled model runs them all. What
// crosses from one to another lies in memory that both of them are given.
#include <cstdlib>
#include <cstring>
#include <vector>

#include "base/mapped_file.h"
#include "base/softmax_sum.h"
#include "base/status.h"
#include "litert_api.h"
#include "litert_exits.h"
#include "litert_ports.h"
#include "litert_status.h"
#include "quiet.h"
#include "runner.h"
#include "tflite_check.h"

namespace edgec {
namespace {

constexpr char kLibrary[] = "libLiteRt.so";

// A signature with its ports; a file without any gets one from its main graph.
struct Segment {
  LiteRtHandle signature = nullptr;
  std::vector<LiteRtPort*> inputs, outputs;
  std::vector<LiteRtHandle> input_buffers, output_buffers;
};

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
  bool has_exits() const override { return !exits_.segments.empty(); }

  // LiteRT does not tell the size of its arena.
  edgec_memory_info memory() const override { return {0, 0, file_bytes_}; }

 private:
  edgec_status Compile(uint32_t threads);
  edgec_status AddOptions(LiteRtHandle options, const char* name, const char* text) const;
  edgec_status ReadExits();
  edgec_status OpenSegments();
  edgec_status OpenPorts(bool inputs, Segment* segment);
  edgec_status ChooseOutputs();
  static edgec_status Info(const std::vector<LiteRtPort*>& ports, uint32_t index,
                           edgec_tensor_info* info);
  edgec_status RunSegment(size_t index);
  void EndAt(size_t segment);

  LoadedLibrary library_;
  LiteRtApi api_;
  LiteRtHandle environment_ = nullptr, model_ = nullptr, options_ = nullptr, compiled_ = nullptr;
  LiteRtExits exits_;
  LiteRtPorts ports_{api_};  // of all segments
  std::vector<Segment> segments_;
  std::vector<LiteRtPort*> inputs_, outputs_;  // of the model
  uint32_t answer_ = 0;
  uint64_t file_bytes_ = 0;
  char name_[256] = "";
};

LiteRtRunner::~LiteRtRunner() {
  ports_.Close();
  if (compiled_ != nullptr) api_.DestroyCompiledModel(compiled_);
  if (options_ != nullptr) api_.DestroyOptions(options_);
  if (model_ != nullptr) api_.DestroyModel(model_);
  if (environment_ != nullptr) api_.DestroyEnvironment(environment_);
}

edgec_status LiteRtRunner::Load(const char* path, const RunnerOptions& options) {
  if (options.isa != nullptr) {
    return Fail(EDGEC_E_ARGUMENT,
                "--isa is '%s'; LiteRT chooses its instruction set by itself: leave it out",
                options.isa);
  }
  MappedFile file;
  if (const edgec_status status = file.Open(path)) return status;
  if (const edgec_status status = CheckTflite(file.data(), file.bytes(), path)) return status;
  file_bytes_ = file.bytes();
  FileStem(path, name_, sizeof(name_));
  edgec_status status = library_.Open(options.runtime_library, kLibrary);
  if (!status) status = api_.Bind(&library_);
  const Quiet quiet;  // it greets, and says errors in more than a line
  const LiteRtSeverityOption silent;
  if (!status) status = LiteRtCheck(api_.CreateEnvironment(1, &silent, &environment_), "start");
  if (!status) status = LiteRtCheck(api_.CreateModelFromFile(environment_, path, &model_), path);
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
  edgec_status status = LiteRtCheck(api_.CreateOpaqueOptions(name, taken, std::free, &made), name);
  if (!status) status = LiteRtCheck(api_.AddOpaqueOptions(options, made), name);
  return status;
}

edgec_status LiteRtRunner::Compile(uint32_t threads) {
  char text[32];
  std::snprintf(text, sizeof(text), "num_threads = %u\n", threads);
  edgec_status status = LiteRtCheck(api_.CreateOptions(&options_), "options");
  if (!status) {
    status = LiteRtCheck(api_.SetOptionsHardwareAccelerators(options_, kLiteRtCpu), "accelerators");
  }
  if (!status) status = AddOptions(options_, "xnnpack", text);
  // 2: errors of a run are kept for CompiledModelGetErrorMessages.
  if (!status) status = AddOptions(options_, "runtime_options_string", "error_reporter_mode = 2\n");
  if (!status) {
    status = LiteRtCheck(api_.CreateCompiledModel(environment_, model_, options_, &compiled_),
                         "compile");
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
  edgec_status status = LiteRtCheck(api_.GetNumModelSignatures(model_, &count), "signatures");
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
    status = LiteRtCheck(api_.GetModelSignature(model_, i, &segments_[i].signature), "signature");
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
  if (const edgec_status status = LiteRtCheck(count_of(signature, &count), "ports")) return status;
  for (size_t i = 0; i < count; ++i) {
    LiteRtPort* port;
    LiteRtHandle tensor;
    const char* name;
    edgec_status status = LiteRtCheck(name_of(signature, i, &name), "name of a port");
    if (!status) status = LiteRtCheck(tensor_of(signature, i, &tensor), name);
    if (!status)
      status = crossing ? ports_.Find(tensor, name, &port) : ports_.Open(tensor, name, &port);
    if (status) return status;
    (inputs ? segment->inputs : segment->outputs).push_back(port);
    (inputs ? segment->input_buffers : segment->output_buffers).push_back(port->buffer);
  }
  return EDGEC_OK;
}

edgec_status LiteRtRunner::ChooseOutputs() {
  inputs_ = segments_.front().inputs;
  if (!has_exits()) {
    outputs_ = segments_.front().outputs;
    answer_ = Runner::answer();
    return EDGEC_OK;
  }
  for (const LiteRtExits::Place& place : exits_.outputs) {
    const std::vector<LiteRtPort*>& written = segments_[place.segment].outputs;
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

edgec_status LiteRtRunner::Info(const std::vector<LiteRtPort*>& ports, uint32_t index,
                                edgec_tensor_info* info) {
  if (index >= ports.size()) return Fail(EDGEC_E_ARGUMENT, "there is no port %u", index);
  *info = ports[index]->info;
  return EDGEC_OK;
}

edgec_status LiteRtRunner::Run() {
  for (size_t i = 0; i < segments_.size(); ++i) {
    if (const edgec_status status = RunSegment(i)) return status;
    if (!has_exits()) return EDGEC_OK;
    const LiteRtExits::Segment& exit = exits_.segments[i];
    if (exit.answer == LiteRtExits::kNoExit) continue;
    const LiteRtPort& judged = *outputs_[exit.answer];
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
  if (line.empty()) line = LiteRtMeaning(status);
  return Fail(EDGEC_E_RUNTIME, "LiteRT stopped: %s", line.c_str());
}

}  // namespace

std::unique_ptr<Runner> MakeLiteRtRunner() { return std::make_unique<LiteRtRunner>(); }

}  // namespace edgec
