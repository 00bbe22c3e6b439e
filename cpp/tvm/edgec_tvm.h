/* What libedgec_tvm.so offers to a program that runs TVM modules without TVM's headers: load it
 * after libtvm_ffi.so and libtvm_runtime.so, with RTLD_GLOBAL for these two, and ask for
 * edgec_tvm_api.
 */
#ifndef EDGEC_TVM_EDGEC_TVM_H_
#define EDGEC_TVM_EDGEC_TVM_H_

#include "edgec/edgec.h"

#ifdef __cplusplus
extern "C" {
#endif

#define EDGEC_TVM_API_VERSION 1

typedef struct edgec_tvm_program edgec_tvm_program;

/* One thread at a time; a call that fails leaves its sentence in last_error. */
typedef struct edgec_tvm_functions {
  uint32_t version;
  const char* (*last_error)(void);
  /* `path` is that of a module that the tvm backend emitted. On failure *program is NULL. */
  edgec_status (*load)(const char* path, const edgec_options* options, edgec_tvm_program** program);
  void (*release)(edgec_tvm_program* program);
  const char* (*name)(const edgec_tvm_program* program);
  uint32_t (*input_count)(const edgec_tvm_program* program);
  uint32_t (*output_count)(const edgec_tvm_program* program);
  edgec_status (*input_info)(const edgec_tvm_program* program, uint32_t index,
                             edgec_tensor_info* info);
  edgec_status (*output_info)(const edgec_tvm_program* program, uint32_t index,
                              edgec_tensor_info* info);
  /* Write inputs here before every run; NULL for a bad index. */
  void* (*input_data)(edgec_tvm_program* program, uint32_t index);
  edgec_status (*run)(edgec_tvm_program* program);
  /* Valid after a run, until the next one. */
  const void* (*output_data)(const edgec_tvm_program* program, uint32_t index);
  /* Of our layers; TVM does not tell what its own steps need. */
  edgec_memory_info (*memory)(const edgec_tvm_program* program);
} edgec_tvm_functions;

/* NULL for another version. */
EDGEC_API const edgec_tvm_functions* edgec_tvm_api(uint32_t version);

#ifdef __cplusplus
}
#endif
#endif /* EDGEC_TVM_EDGEC_TVM_H_ */
