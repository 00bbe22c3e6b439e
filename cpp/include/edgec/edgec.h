/* The C ABI of the edgec engine: the contract between the engine, edgec-run, edgec-bench and
 * bindings.
 *
 * A model is loaded once (all memory is taken then), and run as often as wanted from one thread at
 * a time. Nothing here throws, prints or aborts on bad input: every call that can fail returns a
 * status, and edgec_last_error() holds a sentence about the last failure of the calling thread.
 */
#ifndef EDGEC_EDGEC_H_
#define EDGEC_EDGEC_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(_WIN32)
#define EDGEC_API
#else
#define EDGEC_API __attribute__((visibility("default")))
#endif

/* Raised when a function changes or goes; a binding refuses another number. */
#define EDGEC_ABI_VERSION 1

typedef enum edgec_status {
  EDGEC_OK = 0,

  /* The caller. */
  EDGEC_E_ARGUMENT = 1, /* a null pointer, an index out of range, an option that does not exist */
  EDGEC_E_OPEN = 2,     /* the file cannot be opened or mapped */
  EDGEC_E_MEMORY = 3,   /* memory could not be had at load */
  EDGEC_E_ISA = 4,      /* the instruction set asked for is not built in or not on this CPU */
  EDGEC_E_INDEX = 5,    /* a gather index lies outside its axis: the run stopped */
  EDGEC_E_RUNTIME = 6,  /* programs only: another runtime than this engine is missing or refuses */

  /* The file: one code per way of being malformed. */
  EDGEC_E_TRUNCATED = 20,    /* shorter than its header or than its metadata says */
  EDGEC_E_MAGIC = 21,        /* not an .edgec file */
  EDGEC_E_VERSION = 22,      /* a major version this engine does not know */
  EDGEC_E_FILE_SIZE = 23,    /* file_bytes is not the size of the file */
  EDGEC_E_HEADER = 24,       /* a header field breaks its rule */
  EDGEC_E_CHECKSUM = 25,     /* the metadata's CRC-32 is wrong */
  EDGEC_E_METADATA = 26,     /* the record stream ends too early, too late, or holds a bad string */
  EDGEC_E_TENSOR_TYPE = 27,  /* unknown data type, kind or layout */
  EDGEC_E_TENSOR_SHAPE = 28, /* rank, dims or bytes break their rule */
  EDGEC_E_TENSOR_NAME = 29,  /* empty or used twice */
  EDGEC_E_TENSOR_OFFSET = 30, /* not aligned, or outside the arena or the file */
  EDGEC_E_CONSTANTS = 31,     /* constants overlap, leave a hole, or padding is not zero */
  EDGEC_E_NODE = 32,          /* a node's counts or tensor indices break their rule */
  EDGEC_E_ORDER = 33,         /* a tensor is read before it is written, or written twice */
  EDGEC_E_OVERLAP = 34,       /* a node's output overlaps its input */
  EDGEC_E_IO = 35,            /* a model input or output index breaks its rule */
  EDGEC_E_OP = 36,            /* an op name this engine does not know */
  EDGEC_E_OP_TYPE = 37,       /* an op's inputs or outputs have the wrong count, type or layout */
  EDGEC_E_OP_SHAPE = 38,      /* an op's shapes do not fit each other */
  EDGEC_E_OP_PARAM = 39       /* an op's params have the wrong count or a value out of range */
} edgec_status;

typedef enum edgec_dtype {
  EDGEC_F32 = 0,
  EDGEC_S8 = 1,
  EDGEC_U8 = 2,
  EDGEC_S32 = 3,
  EDGEC_U32 = 4,
  EDGEC_S64 = 5
} edgec_dtype;

#define EDGEC_MAX_RANK 6

typedef struct edgec_model edgec_model;

/* Zero-initialize, then set what you need: zero is the default everywhere. */
typedef struct edgec_options {
  uint32_t threads; /* 0 or 1: the calling thread only */
  const char*
      isa; /* highest instruction set to use, a name from edgec_isa_name(); NULL: the best */
} edgec_options;

typedef struct edgec_tensor_info {
  const char* name; /* lives as long as the model */
  edgec_dtype dtype;
  uint32_t rank;
  uint32_t dims[EDGEC_MAX_RANK];
  uint64_t bytes;
  float scale; /* 0: not quantized */
  int32_t zero_point;
} edgec_tensor_info;

typedef struct edgec_layer_info {
  const char* name;
  const char* op;
  const char* kernel; /* the kernel chosen on this CPU, or "" for ops without a choice */
  uint64_t macs;
  uint64_t bytes;   /* inputs + outputs + constants */
  uint64_t last_ns; /* time in the last profiled run; 0 before one */
} edgec_layer_info;

typedef struct edgec_memory_info {
  uint64_t arena_bytes;    /* activations, from the plan */
  uint64_t scratch_bytes;  /* what the chosen kernels need besides, and unpacked constants */
  uint64_t constant_bytes; /* mapped from the file */
} edgec_memory_info;

EDGEC_API uint32_t edgec_abi_version(void);
EDGEC_API const char* edgec_version(void); /* "0.1.0" */

/* A short sentence for a status, and the detail of this thread's last failure. Never NULL. */
EDGEC_API const char* edgec_status_message(edgec_status status);
EDGEC_API const char* edgec_status_name(edgec_status status); /* "EDGEC_E_MAGIC" */
EDGEC_API const char* edgec_last_error(void);

/* Instruction sets built in and present on this CPU, worst ("portable") first; NULL past the end.
 */
EDGEC_API const char* edgec_isa_name(uint32_t index);

/* Maps the file, which must not change while the model lives. On failure *model is NULL. */
EDGEC_API edgec_status edgec_load_file(const char* path, const edgec_options* options,
                                       edgec_model** model);
/* Uses `data` in place: it must be 64-byte aligned and outlive the model. */
EDGEC_API edgec_status edgec_load_memory(const void* data, size_t bytes,
                                         const edgec_options* options, edgec_model** model);
EDGEC_API void edgec_free(edgec_model* model);

EDGEC_API const char* edgec_model_name(const edgec_model* model);
EDGEC_API uint32_t edgec_input_count(const edgec_model* model);
EDGEC_API uint32_t edgec_output_count(const edgec_model* model);
EDGEC_API edgec_status edgec_input_info(const edgec_model* model, uint32_t index,
                                        edgec_tensor_info* info);
EDGEC_API edgec_status edgec_output_info(const edgec_model* model, uint32_t index,
                                         edgec_tensor_info* info);
/* Write inputs here before every run (a run may reuse their memory); NULL for a bad index. */
EDGEC_API void* edgec_input_data(edgec_model* model, uint32_t index);
/* Valid after a run, until the next one. */
EDGEC_API const void* edgec_output_data(const edgec_model* model, uint32_t index);

EDGEC_API edgec_status edgec_run(edgec_model* model);
/* Index of the output that holds the answer of the last run: of the early exit that ended it, else
 * of the whole network. Outputs that the run did not reach are zero bytes. */
EDGEC_API uint32_t edgec_answer(const edgec_model* model);

/* Per-layer times cost two clock reads a layer; off by default. */
EDGEC_API edgec_status edgec_set_profiling(edgec_model* model, int on);
EDGEC_API uint32_t edgec_layer_count(const edgec_model* model);
EDGEC_API edgec_status edgec_layer_info_at(const edgec_model* model, uint32_t index,
                                           edgec_layer_info* info);
EDGEC_API edgec_status edgec_memory(const edgec_model* model, edgec_memory_info* info);

#ifdef __cplusplus
}
#endif
#endif /* EDGEC_EDGEC_H_ */
