#include "litert_ports.h"

#include <cstring>

#include "base/status.h"
#include "litert_status.h"

namespace edgec {
namespace {

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

}  // namespace

void LiteRtPorts::Close() {
  for (LiteRtPort& port : ports_) {
    if (port.buffer != nullptr) api_.DestroyTensorBuffer(port.buffer);
  }
  ports_.clear();
}

edgec_status LiteRtPorts::Find(LiteRtHandle tensor, const char* name, LiteRtPort** port) {
  LiteRtTensorType type;
  edgec_tensor_info info{};
  info.name = name;
  edgec_status status = LiteRtCheck(api_.GetRankedTensorType(tensor, &type), name);
  if (!status) status = Describe(tensor, type, &info);
  if (status) return status;
  for (LiteRtPort& known : ports_) {
    if (std::strcmp(known.info.name, name) != 0) continue;
    if (known.info.dtype != info.dtype || known.info.bytes != info.bytes) break;
    return *port = &known, EDGEC_OK;
  }
  return Fail(EDGEC_E_RUNTIME,
              "'%s' is read and no earlier segment writes it so: lower the model "
              "again",
              name);
}

edgec_status LiteRtPorts::Open(LiteRtHandle tensor, const char* name, LiteRtPort** made) {
  LiteRtPort* port = *made = &ports_.emplace_back();
  port->info.name = name;
  LiteRtTensorType type;
  edgec_status status = LiteRtCheck(api_.GetRankedTensorType(tensor, &type), port->info.name);
  if (!status) status = Describe(tensor, type, &port->info);
  if (status) return status;
  // XNNPACK may read a little past the end.
  const size_t bytes = (port->info.bytes + 2 * kLiteRtAlignment - 1) & ~(kLiteRtAlignment - 1);
  if (!port->memory.Allocate(bytes)) {
    return Fail(EDGEC_E_MEMORY, "no memory for '%s'", port->info.name);
  }
  std::memset(port->memory.data(), 0, bytes);
  return LiteRtCheck(api_.CreateTensorBufferFromHostMemory(
                         &type, port->memory.data(), port->info.bytes, nullptr, &port->buffer),
                     port->info.name);
}

edgec_status LiteRtPorts::Describe(LiteRtHandle tensor, const LiteRtTensorType& type,
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
  edgec_status status = LiteRtCheck(api_.GetQuantizationTypeId(tensor, &kind), info->name);
  if (status || kind != kLiteRtPerTensorQuantization) return status;
  LiteRtQuantization quantization;
  status = LiteRtCheck(api_.GetPerTensorQuantization(tensor, &quantization), info->name);
  info->scale = quantization.scale;
  info->zero_point = static_cast<int32_t>(quantization.zero_point);
  return status;
}

}  // namespace edgec
