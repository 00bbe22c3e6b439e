// A shared library from outside, looked at before the dynamic linker maps it: one that was cut
// short would end the process by a signal.
#ifndef EDGEC_TOOLS_ELF_CHECK_H_
#define EDGEC_TOOLS_ELF_CHECK_H_

#include <cstddef>
#include <cstdint>

#include "edgec/edgec.h"

namespace edgec {

// EDGEC_E_RUNTIME unless the bytes are a shared library of 64 bits for this machine whose headers,
// segments and sections lie in the file. What is in them is not looked at. Format: elf.h.
edgec_status CheckSharedLibrary(const uint8_t* data, size_t bytes, const char* path);

}  // namespace edgec
#endif  // EDGEC_TOOLS_ELF_CHECK_H_
