#include "npy.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/status.h"

namespace edgec {
namespace {

struct Dtype {
  const char* descr;
  const char* name;
  size_t bytes;
};
constexpr Dtype kDtypes[] = {  // by edgec_dtype
    {"<f4", "float32", 4}, {"|i1", "int8", 1},   {"|u1", "uint8", 1},
    {"<i4", "int32", 4},   {"<u4", "uint32", 4}, {"<i8", "int64", 8}};
constexpr char kMagic[] = "\x93NUMPY";
constexpr size_t kMagicBytes = 6;

// The header: a Python dict literal with the keys descr, fortran_order and shape, in any order.
class HeaderParser {
 public:
  HeaderParser(const uint8_t* text, size_t bytes)
      : at_(reinterpret_cast<const char*>(text)), end_(at_ + bytes) {}

  bool Parse(Array* array) {
    if (!Accept('{')) return false;
    unsigned seen = 0;
    while (!Accept('}')) {
      char key[16];
      if (!String(key, sizeof(key)) || !Accept(':')) return false;
      const unsigned bit = Value(key, array);
      if (bit == 0 || (seen & bit)) return false;
      seen |= bit;
      if (!Accept(',') && !Peek('}')) return false;
    }
    return seen == 7 && (!fortran_ || array->rank <= 1);
  }

 private:
  void SkipSpace() {
    while (at_ < end_ && (*at_ == ' ' || *at_ == '\n')) ++at_;
  }
  bool Peek(char wanted) {
    SkipSpace();
    return at_ < end_ && *at_ == wanted;
  }
  bool Accept(char wanted) {
    if (!Peek(wanted)) return false;
    ++at_;
    return true;
  }
  bool Word(const char* word) {
    SkipSpace();
    const size_t length = std::strlen(word);
    if (static_cast<size_t>(end_ - at_) < length || std::memcmp(at_, word, length) != 0)
      return false;
    at_ += length;
    return true;
  }
  bool String(char* text, size_t size) {
    const char quote = Peek('"') ? '"' : '\'';
    if (!Accept(quote)) return false;
    for (size_t i = 0; i < size && at_ < end_; ++i) {
      const char c = *at_++;
      if (c == quote) {
        text[i] = '\0';
        return true;
      }
      text[i] = c;
    }
    return false;
  }
  bool Dim(uint32_t* dim) {
    uint64_t value = 0;
    SkipSpace();
    const char* first = at_;
    for (; at_ < end_ && *at_ >= '0' && *at_ <= '9'; ++at_) {
      value = value * 10 + static_cast<uint64_t>(*at_ - '0');
      if (value > 0xFFFFFFFFu) return false;
    }
    *dim = static_cast<uint32_t>(value);
    return at_ > first;
  }
  bool Shape(Array* array) {
    if (!Accept('(')) return false;
    for (array->rank = 0; !Accept(')'); ++array->rank) {
      if (array->rank == EDGEC_MAX_RANK || !Dim(&array->dims[array->rank])) return false;
      if (!Accept(',') && !Peek(')')) return false;
    }
    return true;
  }
  bool Descr(Array* array) {
    char descr[16];
    if (!String(descr, sizeof(descr))) return false;
    for (int i = 0; i < 6; ++i) {
      if (std::strcmp(kDtypes[i].descr, descr) != 0) continue;
      array->dtype = static_cast<edgec_dtype>(i);
      return true;
    }
    return false;
  }
  // The bit of the key, 0 if the key or its value is not allowed.
  unsigned Value(const char* key, Array* array) {
    if (std::strcmp(key, "descr") == 0) return Descr(array) ? 1 : 0;
    if (std::strcmp(key, "shape") == 0) return Shape(array) ? 2 : 0;
    if (std::strcmp(key, "fortran_order") != 0) return 0;
    fortran_ = Word("True");
    return fortran_ || Word("False") ? 4 : 0;
  }

  const char* at_;
  const char* end_;
  bool fortran_ = false;
};

// Where the dict starts and how long it is; false if the file ends before.
bool FindHeader(const MappedFile& file, size_t* offset, size_t* bytes) {
  const uint8_t* data = file.data();
  if (file.bytes() < kMagicBytes + 4 || std::memcmp(data, kMagic, kMagicBytes) != 0) return false;
  const uint8_t major = data[6];
  if (major == 1) {
    *offset = 10;
    *bytes = data[8] | (data[9] << 8);
  } else if (major <= 3 && major > 0 && file.bytes() >= 12) {
    uint32_t length;
    std::memcpy(&length, data + 8, sizeof(length));
    *offset = 12;
    *bytes = length;
  } else {
    return false;
  }
  return *bytes <= file.bytes() - *offset;
}

// The product of dims and the element size, or a number larger than any file.
uint64_t BytesOf(const Array& array) {
  uint64_t bytes = kDtypes[array.dtype].bytes;
  for (uint32_t i = 0; i < array.rank; ++i) {
    if (array.dims[i] != 0 && bytes > UINT64_MAX / array.dims[i]) return UINT64_MAX;
    bytes *= array.dims[i];
  }
  return bytes;
}

}  // namespace

const char* DtypeName(edgec_dtype dtype) { return kDtypes[dtype].name; }

bool HasShape(const Array& array, const edgec_tensor_info& info) {
  return array.dtype == info.dtype && array.rank == info.rank &&
         std::memcmp(array.dims, info.dims, info.rank * sizeof(uint32_t)) == 0;
}

edgec_status ReadNpy(const char* path, Array* array) {
  if (const edgec_status status = array->file.Open(path)) return status;
  size_t offset, bytes;
  if (!FindHeader(array->file, &offset, &bytes)) {
    return Fail(EDGEC_E_OPEN, "'%s' is not a .npy file of version 1, 2 or 3", path);
  }
  if (!HeaderParser(array->file.data() + offset, bytes).Parse(array)) {
    return Fail(EDGEC_E_OPEN,
                "'%s' must be in C order with up to 6 dims, of float32, int8, uint8, int32, uint32 "
                "or int64, little-endian",
                path);
  }
  array->data = array->file.data() + offset + bytes;
  array->bytes = array->file.bytes() - offset - bytes;
  if (array->bytes != BytesOf(*array)) {
    return Fail(EDGEC_E_OPEN, "'%s' holds %llu bytes of data, its shape needs %llu", path,
                static_cast<unsigned long long>(array->bytes),
                static_cast<unsigned long long>(BytesOf(*array)));
  }
  return EDGEC_OK;
}

edgec_status WriteNpy(const char* path, const edgec_tensor_info& info, const void* data) {
  char dict[192];
  int length =
      std::snprintf(dict, sizeof(dict), "{'descr': '%s', 'fortran_order': False, 'shape': (",
                    kDtypes[info.dtype].descr);
  for (uint32_t i = 0; i < info.rank; ++i) {
    length += std::snprintf(dict + length, sizeof(dict) - length, "%u,", info.dims[i]);
  }
  length += std::snprintf(dict + length, sizeof(dict) - length, "), }");
  while ((kMagicBytes + 4 + length + 1) % 64 != 0) dict[length++] = ' ';  // data starts aligned
  dict[length++] = '\n';
  const uint8_t front[4] = {1, 0, static_cast<uint8_t>(length), static_cast<uint8_t>(length >> 8)};
  std::FILE* file = std::fopen(path, "wb");
  if (file == nullptr)
    return Fail(EDGEC_E_OPEN, "cannot write '%s': %s", path, std::strerror(errno));
  bool written = std::fwrite(kMagic, kMagicBytes, 1, file) == 1 &&
                 std::fwrite(front, sizeof(front), 1, file) == 1 &&
                 std::fwrite(dict, static_cast<size_t>(length), 1, file) == 1 &&
                 std::fwrite(data, static_cast<size_t>(info.bytes), 1, file) == 1;
  written = std::fclose(file) == 0 && written;
  return written ? EDGEC_OK
                 : Fail(EDGEC_E_OPEN, "cannot write '%s': %s", path, std::strerror(errno));
}

}  // namespace edgec
