#include "engine/engine.h"

#include <algorithm>
#include <cinttypes>
#include <cstring>

#include "base/clock.h"
#include "base/status.h"
#include "format/few_bits.h"

namespace edgec {
namespace {

Tensor Bind(const TensorRecord& record, uint8_t* data) {
  Tensor tensor;
  tensor.name = record.name;
  tensor.dtype = record.dtype;
  tensor.layout = static_cast<Layout>(record.layout);
  tensor.constant = record.constant;
  tensor.rank = record.rank;
  std::memcpy(tensor.dims, record.dims, sizeof(tensor.dims));
  tensor.bytes = record.bytes;
  tensor.data = data;
  return tensor;
}

uint64_t OperandBytes(const Node& node) {
  uint64_t bytes = 0;
  for (uint32_t i = 0; i < node.input_count; ++i) {
    if (node.inputs[i] != nullptr) bytes += node.inputs[i]->bytes;
  }
  for (uint32_t i = 0; i < node.output_count; ++i) bytes += node.outputs[i]->bytes;
  return bytes;
}

}  // namespace

edgec_status Engine::Load(const uint8_t* data, size_t bytes, IsaSet isa, uint32_t threads) {
  if (const edgec_status status = ReadModelFile(data, bytes, &file_)) return status;
  if (const edgec_status status = BindTensors(data)) return status;
  BindLayers();
  if (const edgec_status status = PrepareLayers(isa, threads)) return status;
  if (const edgec_status status = AllocateScratch(threads)) return status;
  if (const edgec_status status = FindExits()) return status;
  pool_.reset(new ThreadPool(threads));
  if (pool_->threads() != threads) {
    return Fail(EDGEC_E_MEMORY, "only %u of %u threads could be started", pool_->threads(),
                threads);
  }
  return EDGEC_OK;
}

edgec_status Engine::BindTensors(const uint8_t* data) {
  if (!arena_.Allocate(file_.header.arena_bytes)) {
    return Fail(EDGEC_E_MEMORY, "no memory for an arena of %" PRIu64 " bytes",
                file_.header.arena_bytes);
  }
  if (const edgec_status status = AllocateUnpacked()) return status;
  uint8_t* unpacked = unpacked_.data();
  tensors_.reserve(file_.tensors.size());
  for (const TensorRecord& record : file_.tensors) {
    if (record.stored_bits != 0) {
      Unpack(data + record.offset, record.elements(), record.stored_bits, unpacked);
      tensors_.push_back(Bind(record, unpacked));
      unpacked += AlignUp(record.bytes);
      continue;
    }
    // Ops only read constants: the const is cast away so that one Tensor type is enough.
    uint8_t* base = record.constant ? const_cast<uint8_t*>(data) : arena_.data();
    tensors_.push_back(Bind(record, base + record.offset));
  }
  return EDGEC_OK;
}

edgec_status Engine::AllocateUnpacked() {
  uint64_t bytes = 0;
  for (const TensorRecord& record : file_.tensors) {
    if (record.stored_bits != 0) bytes += AlignUp(record.bytes);
  }
  own_bytes_ += bytes;
  if (bytes == 0 || unpacked_.Allocate(bytes)) return EDGEC_OK;
  return Fail(EDGEC_E_MEMORY, "no memory for %" PRIu64 " bytes of unpacked constants", bytes);
}

void Engine::BindLayers() {
  size_t operand_count = 0;
  for (const NodeRecord& record : file_.nodes) {
    operand_count += record.input_count + record.output_count;
  }
  operands_.reserve(operand_count);  // never grows: the nodes point into it
  layers_.reserve(file_.nodes.size());
  for (const NodeRecord& record : file_.nodes) {
    const Tensor* const* operands = operands_.data() + operands_.size();
    for (uint32_t i = 0; i < record.input_count; ++i) {
      operands_.push_back(record.inputs[i] < 0 ? nullptr : &tensors_[record.inputs[i]]);
    }
    for (uint32_t i = 0; i < record.output_count; ++i) {
      operands_.push_back(&tensors_[record.outputs[i]]);
    }
    const Node node{record.op,
                    record.name,
                    operands,
                    record.input_count,
                    operands + record.input_count,
                    record.output_count,
                    record.params,
                    record.param_count};
    layers_.push_back(Layer{node, nullptr, "", record.macs, OperandBytes(node), 0});
  }
}

edgec_status Engine::PrepareLayers(IsaSet isa, uint32_t threads) {
  for (Layer& layer : layers_) {
    const PrepareFunction prepare = FindOp(layer.node.op);
    if (prepare == nullptr) return Failed(EDGEC_E_OP, layer, "this engine does not know the op");
    PrepareContext context{isa, threads};
    if (const edgec_status status = prepare(layer.node, context, &layer.op)) {
      return Failed(status, layer, context.error[0] ? context.error : StatusMessage(status));
    }
    layer.kernel = context.kernel;
    own_bytes_ += context.own_bytes;
    if (context.scratch_bytes_per_thread > scratch_bytes_per_thread_) {
      scratch_bytes_per_thread_ = context.scratch_bytes_per_thread;
    }
  }
  return EDGEC_OK;
}

edgec_status Engine::AllocateScratch(uint32_t threads) {
  constexpr uint64_t kMost = uint64_t{1} << 40;  // far from an overflow below, far above any need
  if (scratch_bytes_per_thread_ <= kMost) {
    scratch_bytes_per_thread_ = AlignUp(scratch_bytes_per_thread_);
    if (scratch_.Allocate(scratch_bytes_per_thread_ * threads)) return EDGEC_OK;
  }
  return Fail(EDGEC_E_MEMORY, "no memory for %u × %" PRIu64 " bytes of scratch", threads,
              scratch_bytes_per_thread_);
}

edgec_status Engine::FindExits() {
  const uint32_t outputs = file_.header.output_count;
  exit_outputs_.assign(layers_.size(), kNever);
  output_writers_.assign(outputs, kNever);
  std::vector<bool> is_exit(outputs, false);
  for (size_t i = 0; i < layers_.size(); ++i) {
    const NodeRecord& record = file_.nodes[i];
    const bool exit = std::strcmp(record.op, "exit_f32") == 0;
    for (uint32_t k = 0; k < outputs; ++k) {
      for (uint32_t j = 0; j < record.output_count; ++j) {
        if (static_cast<uint32_t>(record.outputs[j]) != file_.outputs[k]) continue;
        output_writers_[k] = static_cast<uint32_t>(i);
        if (exit && exit_outputs_[i] == kNever) exit_outputs_[i] = k;
        is_exit[k] = exit;
      }
    }
    if (exit && exit_outputs_[i] == kNever) {
      return Failed(EDGEC_E_NODE, layers_[i], "an exit must write a model output");
    }
  }
  const auto whole = std::find(is_exit.begin(), is_exit.end(), false);
  whole_answer_ = whole == is_exit.end() ? 0 : static_cast<uint32_t>(whole - is_exit.begin());
  answer_ = whole_answer_;
  return EDGEC_OK;
}

edgec_status Engine::Run() {
  bool ended = false;
  const RunContext context{*pool_, scratch_.data(), static_cast<size_t>(scratch_bytes_per_thread_),
                           &ended};
  answer_ = whole_answer_;
  uint64_t started_ns = profiling_ ? NowNs() : 0;
  for (size_t i = 0; i < layers_.size(); ++i) {
    Layer& layer = layers_[i];
    if (const edgec_status status = layer.op->Run(context)) {
      return Failed(status, layer, StatusMessage(status));
    }
    if (profiling_) {
      const uint64_t ended_ns = NowNs();
      layer.last_ns = ended_ns - started_ns;
      started_ns = ended_ns;
    }
    if (ended) {
      EndAt(i);
      break;
    }
  }
  return EDGEC_OK;
}

void Engine::EndAt(size_t layer) {
  answer_ = exit_outputs_[layer];
  for (size_t i = layer + 1; i < layers_.size(); ++i) layers_[i].last_ns = 0;
  for (size_t k = 0; k < output_writers_.size(); ++k) {
    if (output_writers_[k] == kNever || output_writers_[k] <= layer) continue;
    const Tensor& output = tensors_[file_.outputs[k]];
    std::memset(output.data, 0, static_cast<size_t>(output.bytes));
  }
}

edgec_memory_info Engine::memory() const {
  edgec_memory_info info{};
  info.arena_bytes = file_.header.arena_bytes;
  info.scratch_bytes = scratch_bytes_per_thread_ * pool_->threads() + own_bytes_;
  for (const TensorRecord& tensor : file_.tensors) {
    info.constant_bytes += tensor.constant ? tensor.stored_bytes : 0;
  }
  return info;
}

edgec_status Engine::Failed(edgec_status status, const Layer& layer, const char* reason) const {
  return Fail(status, "node '%s' (%s): %s", layer.node.name, layer.node.op, reason);
}

}  // namespace edgec
