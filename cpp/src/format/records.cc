#include "format/records.h"

#include <cinttypes>
#include <cstdio>

#include "base/aligned_memory.h"
#include "base/status.h"
#include "format/few_bits.h"
#include "format/text.h"

namespace edgec {
namespace {

constexpr uint32_t kMaxDim = 0x7FFFFFFF;
constexpr uint64_t kMaxTensorBytes = uint64_t{1} << 32;

// The stream and where its strings go.
struct Reader {
  Cursor cursor;
  char* pool;
  char what[48] = "";  // the record being read, for messages

  edgec_status String(const char* field, const char** text) {
    char name[80];
    std::snprintf(name, sizeof(name), "%s%s", field, what);
    return ReadString(cursor, name, &pool, text);
  }
  edgec_status Ended() {
    return Fail(EDGEC_E_METADATA, "the metadata ends inside a record%s", what);
  }
};

// The packings of spec.md: their type, and dims that are fixed by the block.
edgec_status CheckLayout(const TensorRecord& t, const char* what) {
  if (t.layout == FileLayout::kPlain) return EDGEC_OK;
  if (!t.constant) return Fail(EDGEC_E_TENSOR_TYPE, "a packed layout%s outside a constant", what);
  bool type_fits = false, shape_fits = false;
  switch (t.layout) {
    case FileLayout::kS8x16c4:
      type_fits = t.dtype == EDGEC_S8;
      shape_fits = t.rank == 5 && t.dims[3] == 16 && t.dims[4] == 4;
      break;
    case FileLayout::kF32x16:
      type_fits = t.dtype == EDGEC_F32;
      shape_fits = t.rank == 4 && t.dims[3] == 16;
      break;
    case FileLayout::kDw16:
      type_fits = t.dtype == EDGEC_S8 || t.dtype == EDGEC_F32;
      shape_fits = t.rank == 3 && t.dims[2] == 16;
      break;
    case FileLayout::kS8Block:
      type_fits = t.dtype == EDGEC_S8;
      shape_fits =
          t.rank == 3 && (t.dims[1] == 4 || t.dims[1] == 8 || t.dims[1] == 16) && t.dims[2] == 4;
      break;
    case FileLayout::kPlain:
      break;
  }
  if (!type_fits)
    return Fail(EDGEC_E_TENSOR_TYPE, "a layout that its data type cannot have%s", what);
  if (!shape_fits) return Fail(EDGEC_E_TENSOR_SHAPE, "dims that its layout cannot have%s", what);
  return EDGEC_OK;
}

edgec_status ReadDims(Reader& r, TensorRecord* t) {
  if (t->rank > EDGEC_MAX_RANK) {
    return Fail(EDGEC_E_TENSOR_SHAPE, "rank %u%s, at most %d", t->rank, r.what, EDGEC_MAX_RANK);
  }
  const uint64_t element_bytes = ElementBytes(t->dtype);
  uint64_t bytes = element_bytes;
  for (uint32_t i = 0; i < t->rank; ++i) {
    if (!r.cursor.Read(&t->dims[i])) return r.Ended();
    if (t->dims[i] < 1 || t->dims[i] > kMaxDim) {
      return Fail(EDGEC_E_TENSOR_SHAPE, "dim %u%s is %u, allowed are 1 to 2^31-1", i, r.what,
                  t->dims[i]);
    }
    bytes *= t->dims[i];  // below 2^32 · 2^31
    if (bytes > kMaxTensorBytes) {
      return Fail(EDGEC_E_TENSOR_SHAPE, "more than 2^32 bytes%s", r.what);
    }
  }
  t->bytes = bytes;
  t->stored_bytes = bytes;
  if (t->stored_bits != 0) t->stored_bytes = (bytes / element_bytes * t->stored_bits + 7) / 8;
  return EDGEC_OK;
}

edgec_status ReadPlace(Reader& r, const Header& header, TensorRecord* t) {
  uint64_t bytes;
  if (!r.cursor.Read(&t->scale) || !r.cursor.Read(&t->zero_point) || !r.cursor.Read(&t->offset) ||
      !r.cursor.Read(&bytes)) {
    return r.Ended();
  }
  if (bytes != t->stored_bytes) {
    return Fail(EDGEC_E_TENSOR_SHAPE, "%" PRIu64 " bytes%s, its dims need %" PRIu64, bytes, r.what,
                t->stored_bytes);
  }
  const uint64_t space = t->constant ? header.constants_end() : header.arena_bytes;
  if (t->stored_bits == 0 && t->offset % kAlignment != 0) {
    return Fail(EDGEC_E_TENSOR_OFFSET, "offset %" PRIu64 "%s is not a multiple of 64", t->offset,
                r.what);
  }
  if (t->offset > space || bytes > space - t->offset) {
    return Fail(EDGEC_E_TENSOR_OFFSET,
                "%" PRIu64 " bytes at %" PRIu64 "%s leave the %s of %" PRIu64, bytes, t->offset,
                r.what, t->constant ? "file" : "arena", space);
  }
  return EDGEC_OK;
}

edgec_status ReadTensor(Reader& r, const Header& header, TensorRecord* t) {
  if (const edgec_status status = r.String("the name", &t->name)) return status;
  if (t->name[0] == '\0') return Fail(EDGEC_E_TENSOR_NAME, "an empty name%s", r.what);
  uint8_t dtype, rank, kind, layout;
  if (!r.cursor.Read(&dtype) || !r.cursor.Read(&rank) || !r.cursor.Read(&kind) ||
      !r.cursor.Read(&layout)) {
    return r.Ended();
  }
  StoredType type;
  if (!FindStoredType(dtype, &type)) {
    return Fail(EDGEC_E_TENSOR_TYPE, "data type %u%s, this engine knows 0 to 13", dtype, r.what);
  }
  if (kind > 1) return Fail(EDGEC_E_TENSOR_TYPE, "kind %u%s, allowed are 0, 1", kind, r.what);
  if (layout > static_cast<uint8_t>(FileLayout::kS8Block)) {
    return Fail(EDGEC_E_TENSOR_TYPE, "layout %u%s, allowed are 0 to 4", layout, r.what);
  }
  if (kind != 1 && type.bits != 0) {
    return Fail(EDGEC_E_TENSOR_TYPE, "data type %u%s outside a constant", dtype, r.what);
  }
  t->dtype = type.dtype;
  t->stored_bits = type.bits;
  t->rank = rank;
  t->constant = kind == 1;
  t->layout = static_cast<FileLayout>(layout);
  if (const edgec_status status = ReadDims(r, t)) return status;
  if (const edgec_status status = CheckLayout(*t, r.what)) return status;
  return ReadPlace(r, header, t);
}

edgec_status ReadNode(Reader& r, NodeRecord* n) {
  if (const edgec_status status = r.String("the op", &n->op)) return status;
  if (const edgec_status status = r.String("the name", &n->name)) return status;
  uint8_t input_count, output_count;
  uint16_t param_count;
  if (!r.cursor.Read(&n->macs) || !r.cursor.Read(&input_count) || !r.cursor.Read(&output_count) ||
      !r.cursor.Read(&param_count)) {
    return r.Ended();
  }
  if (output_count == 0) return Fail(EDGEC_E_NODE, "no outputs%s", r.what);
  n->input_count = input_count;
  n->output_count = output_count;
  n->param_count = param_count;
  n->inputs = r.cursor.Take<int32_t>(input_count);
  n->outputs = r.cursor.Take<int32_t>(output_count);
  n->params = r.cursor.Take<int32_t>(param_count);
  return n->inputs && n->outputs && n->params ? EDGEC_OK : r.Ended();
}

edgec_status ReadTables(Reader& r, ModelFile* file) {
  const Header& header = file->header;
  file->tensors.resize(header.tensor_count);
  for (uint32_t i = 0; i < header.tensor_count; ++i) {
    std::snprintf(r.what, sizeof(r.what), " of tensor %u", i);
    if (const edgec_status status = ReadTensor(r, header, &file->tensors[i])) return status;
  }
  file->nodes.resize(header.node_count);
  for (uint32_t i = 0; i < header.node_count; ++i) {
    std::snprintf(r.what, sizeof(r.what), " of node %u", i);
    if (const edgec_status status = ReadNode(r, &file->nodes[i])) return status;
  }
  std::snprintf(r.what, sizeof(r.what), " of model inputs and outputs");
  file->inputs = r.cursor.Take<uint32_t>(header.input_count);
  file->outputs = r.cursor.Take<uint32_t>(header.output_count);
  return file->inputs && file->outputs ? EDGEC_OK : r.Ended();
}

}  // namespace

size_t ElementBytes(edgec_dtype dtype) {
  switch (dtype) {
    case EDGEC_S8:
    case EDGEC_U8:
      return 1;
    case EDGEC_F32:
    case EDGEC_S32:
    case EDGEC_U32:
      return 4;
    case EDGEC_S64:
      return 8;
  }
  return 0;
}

uint64_t TensorRecord::elements() const { return bytes / ElementBytes(dtype); }

edgec_status ReadRecords(const uint8_t* metadata, ModelFile* file) {
  const size_t bytes = file->header.metadata_bytes;
  file->strings.reset(new char[bytes + 1]);
  Reader r{Cursor(metadata, bytes), file->strings.get()};
  if (const edgec_status status = r.String("the model's name", &file->name)) return status;
  if (const edgec_status status = r.String("the producer", &file->producer)) return status;
  if (const edgec_status status = r.String("the target", &file->target)) return status;
  if (const edgec_status status = ReadTables(r, file)) return status;
  if (r.cursor.left() != 0) {
    return Fail(EDGEC_E_METADATA, "%zu bytes are left after the last record", r.cursor.left());
  }
  return EDGEC_OK;
}

}  // namespace edgec
