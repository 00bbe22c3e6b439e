#include "elf_check.h"

#include <elf.h>

#include <cstring>

#include "base/status.h"

namespace edgec {
namespace {

#if defined(__x86_64__)
constexpr uint16_t kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr uint16_t kMachine = EM_AARCH64;
#else
constexpr uint16_t kMachine = EM_NONE;  // no library of 64 bits runs here
#endif

struct Bytes {
  const uint8_t* data;
  size_t size;

  bool Has(uint64_t offset, uint64_t bytes) const {
    return offset <= size && bytes <= size - offset;
  }
  // A table of `count` entries of type Entry; `stride` is what the file says of their size.
  template <class Entry>
  bool HasTable(uint64_t offset, uint64_t count, uint64_t stride) const {
    return count == 0 || (stride == sizeof(Entry) && Has(offset, count * stride));
  }
  template <class Entry>
  Entry At(uint64_t offset) const {
    Entry entry;
    std::memcpy(&entry, data + offset, sizeof(entry));
    return entry;
  }
};

const char* HeaderFault(const Bytes& file) {
  if (!file.Has(0, sizeof(Elf64_Ehdr))) return "it is shorter than an ELF header";
  const auto header = file.At<Elf64_Ehdr>(0);
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) return "it is no ELF file";
  if (header.e_ident[EI_CLASS] != ELFCLASS64) return "it is not of 64 bits";
  if (header.e_ident[EI_DATA] != ELFDATA2LSB) return "it is not little-endian";
  if (header.e_type != ET_DYN) return "it is no shared library";
  if (header.e_machine != kMachine) return "it is for another machine";
  if (header.e_phnum == 0) return "it has no segments";
  return nullptr;
}

const char* SegmentFault(const Bytes& file, const Elf64_Ehdr& header) {
  if (!file.HasTable<Elf64_Phdr>(header.e_phoff, header.e_phnum, header.e_phentsize)) {
    return "its program headers lie outside the file";
  }
  for (uint64_t i = 0; i < header.e_phnum; ++i) {
    const auto segment = file.At<Elf64_Phdr>(header.e_phoff + i * sizeof(Elf64_Phdr));
    if (!file.Has(segment.p_offset, segment.p_filesz)) return "a segment lies outside the file";
    if (segment.p_type == PT_LOAD && segment.p_filesz > segment.p_memsz) {
      return "a segment is larger than its memory";
    }
  }
  return nullptr;
}

const char* SectionFault(const Bytes& file, const Elf64_Ehdr& header) {
  if (!file.HasTable<Elf64_Shdr>(header.e_shoff, header.e_shnum, header.e_shentsize)) {
    return "its section headers lie outside the file";
  }
  for (uint64_t i = 0; i < header.e_shnum; ++i) {
    const auto section = file.At<Elf64_Shdr>(header.e_shoff + i * sizeof(Elf64_Shdr));
    if (section.sh_type == SHT_NOBITS || section.sh_type == SHT_NULL) continue;
    if (!file.Has(section.sh_offset, section.sh_size)) return "a section lies outside the file";
  }
  return nullptr;
}

}  // namespace

edgec_status CheckSharedLibrary(const uint8_t* data, size_t bytes, const char* path) {
  const Bytes file = {data, bytes};
  const char* fault = HeaderFault(file);
  if (fault == nullptr) {
    const auto header = file.At<Elf64_Ehdr>(0);
    fault = SegmentFault(file, header);
    if (fault == nullptr) fault = SectionFault(file, header);
  }
  if (fault == nullptr) return EDGEC_OK;
  return Fail(EDGEC_E_RUNTIME,
              "'%s' is not a shared library that can be loaded: %s; lower the model "
              "again",
              path, fault);
}

}  // namespace edgec
