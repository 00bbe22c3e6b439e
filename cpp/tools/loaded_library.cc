#include "loaded_library.h"

#include <dlfcn.h>
#include <unistd.h>

#include "base/status.h"

namespace edgec {
namespace {

// The program's folder with a slash at the end; empty if Linux does not tell.
std::string ProgramFolder() {
  char path[4096];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof(path));
  if (length <= 0 || length == static_cast<ssize_t>(sizeof(path))) return "";
  const std::string program(path, static_cast<size_t>(length));
  return program.substr(0, program.rfind('/') + 1);
}

}  // namespace

edgec_status LoadedLibrary::Open(const char* path, const char* name) {
  path_ = path != nullptr ? path : ProgramFolder() + "../lib/" + name;
  if (access(path_.c_str(), R_OK) != 0) {
    return Fail(EDGEC_E_RUNTIME,
                "the runtime library %s is not at '%s'; --runtime-library PATH "
                "says where it is",
                name, path_.c_str());
  }
  handle_ = dlopen(path_.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle_ != nullptr) return EDGEC_OK;
  return Fail(EDGEC_E_RUNTIME, "cannot load '%s': %s", path_.c_str(), dlerror());
}

edgec_status LoadedLibrary::Address(const char* symbol, void** address) {
  *address = dlsym(handle_, symbol);
  if (*address != nullptr) return EDGEC_OK;
  return Fail(EDGEC_E_RUNTIME,
              "'%s' has no function %s: it is another version than this program "
              "knows",
              path_.c_str(), symbol);
}

}  // namespace edgec
