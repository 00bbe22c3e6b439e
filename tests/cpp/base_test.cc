// CRC-32, memory, status texts, instruction sets.
#include <unistd.h>

#include <string>
#include <vector>

#include "base/aligned_memory.h"
#include "base/crc32.h"
#include "base/isa.h"
#include "base/mapped_file.h"
#include "base/status.h"
#include "check.h"

namespace {

using edgec::Isa;
using edgec::IsaSet;

EDGEC_TEST(CrcOfTheCheckStringIsTheStandardsValue) {
  EDGEC_CHECK_EQ(edgec::Crc32("123456789", 9), 0xCBF43926u);  // the check value of CRC-32
  EDGEC_CHECK_EQ(edgec::Crc32("", 0), 0u);
  EDGEC_CHECK_EQ(edgec::Crc32("a", 1), 0xE8B7BE43u);
  EDGEC_CHECK_EQ(edgec::Crc32("abcd", 4), 0xED82CD11u);
}

EDGEC_TEST(MemoryIsAlignedAndZero) {
  for (const uint64_t bytes : {0, 1, 64, 100000}) {
    edgec::AlignedMemory memory;
    EDGEC_CHECK(memory.Allocate(bytes));
    EDGEC_CHECK_EQ(reinterpret_cast<uintptr_t>(memory.data()) % 64, 0u);
    for (uint64_t i = 0; i < bytes; ++i) EDGEC_CHECK_EQ(memory.data()[i], 0);
  }
}

EDGEC_TEST(MoreMemoryThanThereIsIsRefused) {
  edgec::AlignedMemory memory;
  EDGEC_CHECK(!memory.Allocate(~uint64_t{0}));
}

EDGEC_TEST(AFileThatCannotBeMappedSaysWhy) {
  edgec::MappedFile missing, directory;
  EDGEC_CHECK_EQ(missing.Open("/nonexistent/model.edgec"), EDGEC_E_OPEN);
  EDGEC_CHECK(std::strstr(edgec::LastError(), "/nonexistent/model.edgec") != nullptr);
  EDGEC_CHECK_EQ(directory.Open("/"), EDGEC_E_OPEN);
}

EDGEC_TEST(AMappedFileHasTheFilesBytes) {
  char path[] = "/tmp/edgec_base_test_XXXXXX";
  const int descriptor = mkstemp(path);
  EDGEC_CHECK_EQ(write(descriptor, "edge", 4), 4);
  close(descriptor);
  edgec::MappedFile file;
  const edgec_status status = file.Open(path);
  unlink(path);
  EDGEC_CHECK_EQ(status, EDGEC_OK);
  EDGEC_CHECK_EQ(file.bytes(), 4u);
  EDGEC_CHECK_EQ(std::memcmp(file.data(), "edge", 4), 0);
}

EDGEC_TEST(EveryStatusHasANameAndAMessageOfItsOwn) {
  std::vector<std::string> names;
  for (int code = 0; code <= EDGEC_E_OP_PARAM; ++code) {
    const edgec_status status = static_cast<edgec_status>(code);
    const std::string name = edgec::StatusName(status);
    if (code > EDGEC_E_RUNTIME && code < EDGEC_E_TRUNCATED) {
      EDGEC_CHECK_EQ(name.c_str(), "EDGEC_E_UNKNOWN");
      continue;
    }
    EDGEC_CHECK(name != "EDGEC_E_UNKNOWN");
    for (const std::string& other : names) EDGEC_CHECK(other != name);
    names.push_back(name);
    EDGEC_CHECK(edgec::StatusMessage(status)[0] != '\0');
  }
}

EDGEC_TEST(ALongFailureIsCutNotOverrun) {
  const std::string text(5000, 'x');
  EDGEC_CHECK_EQ(edgec::Fail(EDGEC_E_OPEN, "%s", text.c_str()), EDGEC_E_OPEN);
  EDGEC_CHECK_EQ(std::strlen(edgec::LastError()), 511u);
}

EDGEC_TEST(PortableIsAlwaysThere) {
  EDGEC_CHECK(IsaSet::Detect().Has(Isa::kPortable));
  const IsaSet portable = IsaSet::Detect().LimitedTo(Isa::kPortable);
  for (uint32_t i = 1; i < static_cast<uint32_t>(Isa::kIsaCount); ++i) {
    EDGEC_CHECK(!portable.Has(static_cast<Isa>(i)));
  }
}

EDGEC_TEST(AnInstructionSetImpliesTheOnesBelow) {
  const IsaSet all = IsaSet::Detect();
  const IsaSet vnni = all.LimitedTo(Isa::kAvx512vnni), avx2 = all.LimitedTo(Isa::kAvx2);
  EDGEC_CHECK_EQ(vnni.Has(Isa::kAvx2), all.Has(Isa::kAvx2));
  EDGEC_CHECK(!avx2.Has(Isa::kAvx512vnni) && !avx2.Has(Isa::kAvxvnni));
  EDGEC_CHECK(!vnni.Has(Isa::kAvxvnni));
  EDGEC_CHECK(!all.LimitedTo(Isa::kAvxvnni).Has(Isa::kAvx512vnni));
  EDGEC_CHECK_EQ(all.LimitedTo(Isa::kAvxvnni).Has(Isa::kAvx2), all.Has(Isa::kAvx2));
  EDGEC_CHECK_EQ(all.LimitedTo(Isa::kNeondot).Has(Isa::kNeon), all.Has(Isa::kNeon));
  EDGEC_CHECK(!all.LimitedTo(Isa::kNeon).Has(Isa::kNeondot));
  EDGEC_CHECK_EQ(all.LimitedTo(Isa::kI8mm).Has(Isa::kNeondot), all.Has(Isa::kNeondot));
  EDGEC_CHECK(!all.LimitedTo(Isa::kNeondot).Has(Isa::kI8mm));
}

#if defined(__x86_64__)
EDGEC_TEST(TheCompilersOwnDetectionAgrees) {
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  EDGEC_CHECK_EQ(IsaSet::Detect().Has(Isa::kAvx2), avx2);
  EDGEC_CHECK_EQ(IsaSet::Detect().Has(Isa::kAvx512vnni), avx2 &&
                                                             __builtin_cpu_supports("avx512vnni") &&
                                                             __builtin_cpu_supports("avx512vl"));
}
#endif

}  // namespace
