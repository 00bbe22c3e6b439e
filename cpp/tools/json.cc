#include "json.h"

#include <cinttypes>
#include <cmath>

namespace edgec {

void Json::Quoted(const char* text) {
  std::fputc('"', stream_);
  for (const char* c = text; *c != '\0'; ++c) {
    const unsigned char byte = static_cast<unsigned char>(*c);
    if (byte == '"' || byte == '\\') {
      std::fprintf(stream_, "\\%c", byte);
    } else if (byte < 0x20 || byte == 0x7f) {
      std::fprintf(stream_, "\\u%04x", byte);
    } else {
      std::fputc(byte, stream_);  // UTF-8: the reader has checked it
    }
  }
  std::fputc('"', stream_);
}

void Json::Key(const char* key) {
  if (!first_) std::fputc(',', stream_);
  first_ = false;
  if (key == nullptr) return;
  Quoted(key);
  std::fputc(':', stream_);
}

void Json::Open(const char* key, char bracket) {
  Key(key);
  std::fputc(bracket, stream_);
  first_ = true;
}

void Json::Close(char bracket) {
  std::fputc(bracket, stream_);
  first_ = false;
}

void Json::String(const char* key, const char* text) {
  Key(key);
  Quoted(text);
}

void Json::Integer(const char* key, int64_t value) {
  Key(key);
  std::fprintf(stream_, "%" PRId64, value);
}

void Json::Unsigned(const char* key, uint64_t value) {
  Key(key);
  std::fprintf(stream_, "%" PRIu64, value);
}

void Json::Float(const char* key, float value) {
  Key(key);
  if (std::isfinite(value)) {
    std::fprintf(stream_, "%.9g", static_cast<double>(value));
  } else {
    std::fputs("null", stream_);
  }
}

bool Json::Finish() {
  std::fputc('\n', stream_);
  return std::fflush(stream_) == 0 && std::ferror(stream_) == 0;
}

}  // namespace edgec
