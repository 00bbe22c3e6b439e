#include "runner.h"

#include <cstdio>
#include <cstring>

#include "base/status.h"

namespace edgec {

using Make = std::unique_ptr<Runner>();

#if EDGEC_STATIC
#define EDGEC_LOADED_RUNNER(ending, make) constexpr Make* make = nullptr;
#else
#define EDGEC_LOADED_RUNNER(ending, make) Make make;
#endif
#define EDGEC_RUNNER(ending, make) Make make;
#include "runners.inc"
#undef EDGEC_RUNNER
#undef EDGEC_LOADED_RUNNER

namespace {

struct Row {
  const char* ending;
  Make* make;
};

constexpr Row kRows[] = {
#define EDGEC_RUNNER(ending, make) {ending, make},
#define EDGEC_LOADED_RUNNER EDGEC_RUNNER
#include "runners.inc"
#undef EDGEC_RUNNER
#undef EDGEC_LOADED_RUNNER
};

bool EndsWith(const char* text, const char* ending) {
  const size_t length = std::strlen(text), tail = std::strlen(ending);
  return length >= tail && std::strcmp(text + length - tail, ending) == 0;
}

}  // namespace

edgec_status Runner::LayerInfo(uint32_t index, edgec_layer_info*) const {
  return Fail(EDGEC_E_ARGUMENT, "there is no layer %u", index);
}

edgec_status MakeRunner(const char* path, std::unique_ptr<Runner>* runner) {
  const Row* row = kRows;
  while (!EndsWith(path, row->ending)) ++row;  // the last one fits every path
  if (row->make == nullptr) {
    return Fail(EDGEC_E_RUNTIME,
                "'%s': this program is linked statically and cannot load the library that runs "
                "%s files; build it without EDGEC_STATIC",
                path, row->ending);
  }
  *runner = row->make();
  return EDGEC_OK;
}

const char* FileStem(const char* path, char* text, size_t size) {
  const char* slash = std::strrchr(path, '/');
  std::snprintf(text, size, "%s", slash == nullptr ? path : slash + 1);
  char* dot = std::strrchr(text, '.');
  if (dot != nullptr && dot != text) *dot = '\0';
  return text;
}

}  // namespace edgec
