// A runtime that comes as a shared library, opened while the program runs.
#ifndef EDGEC_TOOLS_LOADED_LIBRARY_H_
#define EDGEC_TOOLS_LOADED_LIBRARY_H_

#include <string>

#include "edgec/edgec.h"

namespace edgec {

// Stays open until the process ends: runtimes leave threads and handlers of their own behind.
class LoadedLibrary {
 public:
  // `path` if given, else ../lib/<name> beside the program. EDGEC_E_RUNTIME says where it was
  // looked for and what the loader says.
  edgec_status Open(const char* path, const char* name);

  // *function: the address; EDGEC_E_RUNTIME if the library has no such symbol.
  template <class Function>
  edgec_status Find(const char* symbol, Function** function) {
    void* address;
    const edgec_status status = Address(symbol, &address);
    *function = reinterpret_cast<Function*>(address);
    return status;
  }

 private:
  edgec_status Address(const char* symbol, void** address);

  std::string path_;
  void* handle_ = nullptr;
};

}  // namespace edgec
#endif  // EDGEC_TOOLS_LOADED_LIBRARY_H_
