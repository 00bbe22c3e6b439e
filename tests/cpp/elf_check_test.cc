// Shared libraries that were cut short or changed are refused before the dynamic linker sees them.
#include "tools/elf_check.h"

#include <elf.h>

#include <cstring>
#include <vector>

#include "base/status.h"
#include "check.h"
#include "guarded.h"

namespace {

constexpr uint64_t kContentBytes = 64;
#if defined(__aarch64__)
constexpr uint16_t kMachine = EM_AARCH64, kOther = EM_X86_64;
#else
constexpr uint16_t kMachine = EM_X86_64, kOther = EM_AARCH64;
#endif

// Header, one segment, some bytes of it, one section that is those bytes.
struct Library {
  Elf64_Ehdr header = {};
  Elf64_Phdr segment = {};
  uint8_t content[kContentBytes] = {};
  Elf64_Shdr section = {};

  Library() {
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_type = ET_DYN;
    header.e_machine = kMachine;
    header.e_phoff = offsetof(Library, segment);
    header.e_phentsize = sizeof(segment);
    header.e_phnum = 1;
    header.e_shoff = offsetof(Library, section);
    header.e_shentsize = sizeof(section);
    header.e_shnum = 1;
    segment.p_type = PT_LOAD;
    segment.p_filesz = segment.p_memsz = offsetof(Library, section);
    section.sh_type = SHT_PROGBITS;
    section.sh_offset = offsetof(Library, content);
    section.sh_size = kContentBytes;
  }
};

edgec_status Check(const Library& library, size_t bytes = sizeof(Library)) {
  edgec_test::Guarded<uint8_t> guarded(bytes);
  if (bytes > 0) std::memcpy(guarded.data(), &library, bytes);
  return edgec::CheckSharedLibrary(guarded.data(), bytes, "model.so");
}

template <class Change>
void CheckRefused(const char* reason, Change change) {
  edgec_test::Describe("%s", reason);
  Library library;
  change(&library);
  EDGEC_CHECK_EQ(Check(library), EDGEC_E_RUNTIME);
  EDGEC_CHECK(std::strstr(edgec::LastError(), reason) != nullptr);
}

void SkipElsewhere() {
#if !defined(__x86_64__) && !defined(__aarch64__)
  edgec_test::Skip("no library of 64 bits runs here");
#endif
}

}  // namespace

EDGEC_TEST(whole_library_is_taken) {
  SkipElsewhere();
  EDGEC_CHECK_EQ(Check(Library()), EDGEC_OK);
}

EDGEC_TEST(every_shorter_library_is_refused) {
  for (size_t bytes = 0; bytes < sizeof(Library); ++bytes) {
    edgec_test::Describe("%zu bytes", bytes);
    EDGEC_CHECK_EQ(Check(Library(), bytes), EDGEC_E_RUNTIME);
  }
}

EDGEC_TEST(wrong_header_is_told) {
  SkipElsewhere();
  CheckRefused("no ELF file", [](Library* l) { l->header.e_ident[0] = 0; });
  CheckRefused("not of 64 bits", [](Library* l) { l->header.e_ident[EI_CLASS] = ELFCLASS32; });
  CheckRefused("not little-endian", [](Library* l) { l->header.e_ident[EI_DATA] = ELFDATA2MSB; });
  CheckRefused("no shared library", [](Library* l) { l->header.e_type = ET_REL; });
  CheckRefused("for another machine", [](Library* l) { l->header.e_machine = kOther; });
  CheckRefused("no segments", [](Library* l) { l->header.e_phnum = 0; });
}

EDGEC_TEST(what_lies_outside_the_file_is_told) {
  SkipElsewhere();
  const uint64_t far = UINT64_MAX - 8;  // a sum with it wraps around
  CheckRefused("program headers", [](Library* l) { l->header.e_phnum = 0xffff; });
  CheckRefused("program headers", [=](Library* l) { l->header.e_phoff = far; });
  CheckRefused("program headers", [](Library* l) { l->header.e_phentsize = 1; });
  CheckRefused("section headers", [](Library* l) { l->header.e_shnum = 0xffff; });
  CheckRefused("section headers", [=](Library* l) { l->header.e_shoff = far; });
  CheckRefused("a segment lies", [](Library* l) { l->segment.p_filesz = sizeof(Library) + 1; });
  CheckRefused("a segment lies", [=](Library* l) { l->segment.p_offset = far; });
  CheckRefused("a section lies", [=](Library* l) { l->section.sh_offset = far; });
  CheckRefused("larger than its memory", [](Library* l) { l->segment.p_memsz = 1; });
}
