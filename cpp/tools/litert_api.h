// The part of LiteRT's C interface that runs a model on the CPU: declarations of our own, because
// the packages of LiteRT bring the library without headers. Names and values are those of
// ai-edge-litert 2.1 to 2.3.
#ifndef EDGEC_TOOLS_LITERT_API_H_
#define EDGEC_TOOLS_LITERT_API_H_

#include <cstddef>
#include <cstdint>

#include "edgec/edgec.h"
#include "loaded_library.h"

namespace edgec {

using LiteRtHandle = void*;  // of an object that the library keeps
using LiteRtStatus = int;    // 0: fine

enum LiteRtElement {
  kLiteRtFloat32 = 1,
  kLiteRtInt32 = 2,
  kLiteRtUInt8 = 3,
  kLiteRtInt64 = 4,
  kLiteRtInt8 = 9,
  kLiteRtUInt32 = 16,
};

struct LiteRtTensorType {
  int32_t element;
  uint32_t rank : 7;
  uint32_t has_strides : 1;
  int32_t dims[8];  // negative: not known before the run
  uint32_t strides[8];
};
static_assert(sizeof(LiteRtTensorType) == 72, "the library writes 72 bytes");

struct LiteRtQuantization {
  float scale;
  int64_t zero_point;
};

// How much the library writes to the standard error.
struct LiteRtSeverityOption {
  int32_t tag = 25;             // least severity that is written
  alignas(8) int32_t type = 2;  // a number:
  int64_t value = 4;            // above all severities
};

constexpr int kLiteRtCpu = 1;                    // of the accelerators
constexpr int kLiteRtPerTensorQuantization = 1;  // of the kinds of quantization
constexpr size_t kLiteRtAlignment = 64;          // of memory for tensors

// EDGEC_LITERT(member, arguments): the function LiteRt<member>. Objects are made through the last
// argument and belong to the caller; those that are got belong to the one they come from.
#define EDGEC_LITERT_FUNCTIONS                                                                   \
  EDGEC_LITERT(CreateEnvironment, (int, const LiteRtSeverityOption*, LiteRtHandle*))             \
  EDGEC_LITERT(CreateModelFromFile, (LiteRtHandle environment, const char*, LiteRtHandle*))      \
  EDGEC_LITERT(CreateOptions, (LiteRtHandle*))                                                   \
  EDGEC_LITERT(SetOptionsHardwareAccelerators, (LiteRtHandle options, int))                      \
  EDGEC_LITERT(CreateOpaqueOptions,                                                              \
               (const char* name, void* payload, void (*release)(void*), LiteRtHandle*))         \
  EDGEC_LITERT(AddOpaqueOptions, (LiteRtHandle options, LiteRtHandle taken))                     \
  EDGEC_LITERT(CreateCompiledModel, (LiteRtHandle environment, LiteRtHandle model,               \
                                     LiteRtHandle options, LiteRtHandle*))                       \
  EDGEC_LITERT(GetModelMetadata,                                                                 \
               (LiteRtHandle model, const char* name, const void**, size_t* bytes))              \
  EDGEC_LITERT(GetNumModelSignatures, (LiteRtHandle model, size_t*))                             \
  EDGEC_LITERT(GetModelSignature, (LiteRtHandle model, size_t, LiteRtHandle*))                   \
  EDGEC_LITERT(GetNumSignatureInputs, (LiteRtHandle signature, size_t*))                         \
  EDGEC_LITERT(GetNumSignatureOutputs, (LiteRtHandle signature, size_t*))                        \
  EDGEC_LITERT(GetSignatureInputName, (LiteRtHandle signature, size_t, const char**))            \
  EDGEC_LITERT(GetSignatureOutputName, (LiteRtHandle signature, size_t, const char**))           \
  EDGEC_LITERT(GetSignatureInputTensorByIndex, (LiteRtHandle signature, size_t, LiteRtHandle*))  \
  EDGEC_LITERT(GetSignatureOutputTensorByIndex, (LiteRtHandle signature, size_t, LiteRtHandle*)) \
  EDGEC_LITERT(GetRankedTensorType, (LiteRtHandle tensor, LiteRtTensorType*))                    \
  EDGEC_LITERT(GetQuantizationTypeId, (LiteRtHandle tensor, int*))                               \
  EDGEC_LITERT(GetPerTensorQuantization, (LiteRtHandle tensor, LiteRtQuantization*))             \
  EDGEC_LITERT(CreateTensorBufferFromHostMemory,                                                 \
               (const LiteRtTensorType*, void* memory, size_t bytes, void (*release)(void*),     \
                LiteRtHandle*))                                                                  \
  EDGEC_LITERT(RunCompiledModel, (LiteRtHandle compiled, size_t signature, size_t,               \
                                  LiteRtHandle * inputs, size_t, LiteRtHandle * outputs))        \
  EDGEC_LITERT(CompiledModelGetErrorMessages, (LiteRtHandle compiled, char** freed_by_caller))

#define EDGEC_LITERT_RELEASES        \
  EDGEC_LITERT(DestroyTensorBuffer)  \
  EDGEC_LITERT(DestroyCompiledModel) \
  EDGEC_LITERT(DestroyOptions) EDGEC_LITERT(DestroyModel) EDGEC_LITERT(DestroyEnvironment)

struct LiteRtApi {
#define EDGEC_LITERT(name, arguments) LiteRtStatus(*name) arguments = nullptr;
  EDGEC_LITERT_FUNCTIONS
#undef EDGEC_LITERT
#define EDGEC_LITERT(name) void (*name)(LiteRtHandle) = nullptr;
  EDGEC_LITERT_RELEASES
#undef EDGEC_LITERT

  // Finds them all; EDGEC_E_RUNTIME names the first that is missing.
  edgec_status Bind(LoadedLibrary* library) {
    edgec_status status = EDGEC_OK;
#define EDGEC_LITERT(name, arguments) \
  if (!status) status = library->Find("LiteRt" #name, &name);
    EDGEC_LITERT_FUNCTIONS
#undef EDGEC_LITERT
#define EDGEC_LITERT(name) \
  if (!status) status = library->Find("LiteRt" #name, &name);
    EDGEC_LITERT_RELEASES
#undef EDGEC_LITERT
    return status;
  }
};

}  // namespace edgec
#endif  // EDGEC_TOOLS_LITERT_API_H_
