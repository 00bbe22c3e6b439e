#include "base/status.h"

#include <cstdarg>
#include <cstdio>

namespace edgec {
namespace {

thread_local char last_error[512] = "";

}  // namespace

edgec_status Fail(edgec_status status, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(last_error, sizeof(last_error), format, arguments);
  va_end(arguments);
  // Names from a file end up here, and then on somebody's terminal: no escape sequences.
  for (char* c = last_error; *c != '\0'; ++c) {
    if (static_cast<unsigned char>(*c) < 0x20 || *c == 0x7f) *c = '?';
  }
  return status;
}

const char* LastError() { return last_error; }

const char* StatusName(edgec_status status) {
  switch (status) {
#define EDGEC_STATUS(code, message) \
  case code:                        \
    return #code;
#include "base/status.inc"
#undef EDGEC_STATUS
  }
  return "EDGEC_E_UNKNOWN";
}

const char* StatusMessage(edgec_status status) {
  switch (status) {
#define EDGEC_STATUS(code, message) \
  case code:                        \
    return message;
#include "base/status.inc"
#undef EDGEC_STATUS
  }
  return "an unknown status";
}

}  // namespace edgec
