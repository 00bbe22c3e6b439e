#include "base/isa.h"

#include <cstddef>
#include <cstring>

#include "base/status.h"

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#elif defined(__linux__) && (defined(__aarch64__) || defined(__arm__))
#include <sys/auxv.h>
#endif

namespace edgec {
namespace {

constexpr uint32_t Bit(Isa isa) { return 1u << static_cast<uint32_t>(isa); }

// What the build contains; kernels.cmake defines these.
constexpr uint32_t kBuilt = Bit(Isa::kPortable)
#if defined(EDGEC_ISA_AVX2)
                            | Bit(Isa::kAvx2)
#endif
#if defined(EDGEC_ISA_AVXVNNI)
                            | Bit(Isa::kAvxvnni)
#endif
#if defined(EDGEC_ISA_AVX512VNNI)
                            | Bit(Isa::kAvx512vnni)
#endif
#if defined(EDGEC_ISA_NEON)
                            | Bit(Isa::kNeon)
#endif
#if defined(EDGEC_ISA_NEONDOT)
                            | Bit(Isa::kNeondot)
#endif
#if defined(EDGEC_ISA_I8MM)
                            | Bit(Isa::kI8mm)
#endif
    ;

// What choosing an instruction set as the highest leaves available.
constexpr uint32_t Implied(Isa isa) {
  switch (isa) {
    case Isa::kAvxvnni:
    case Isa::kAvx512vnni:
      return Bit(Isa::kPortable) | Bit(Isa::kAvx2) | Bit(isa);
    case Isa::kNeondot:
      return Bit(Isa::kPortable) | Bit(Isa::kNeon) | Bit(Isa::kNeondot);
    case Isa::kI8mm:
      return Bit(Isa::kPortable) | Bit(Isa::kNeon) | Bit(Isa::kNeondot) | Bit(Isa::kI8mm);
    default:
      return Bit(Isa::kPortable) | Bit(isa);
  }
}

#if defined(__x86_64__) || defined(__i386__)

// The register state that the operating system saves: without it, using the registers faults.
uint32_t SavedState() {
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

// `most` is the highest subleaf of leaf 7.
bool HasAvxvnni(uint32_t most) {
  uint32_t a, b, c, d;
  return most >= 1 && __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a & (1u << 4));
}

uint32_t OfCpu() {
  uint32_t a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d)) return 0;
  const bool osxsave = c & (1u << 27), avx = c & (1u << 28), fma = c & (1u << 12);
  if (!osxsave || !avx || !fma) return 0;
  const uint32_t saved = SavedState();
  if ((saved & 0x6) != 0x6) return 0;  // xmm, ymm
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return 0;
  uint32_t bits = 0;
  if (b & (1u << 5)) bits |= Bit(Isa::kAvx2);
  constexpr uint32_t kFDqBwVl = (1u << 16) | (1u << 17) | (1u << 30) | (1u << 31);
  const bool vnni = c & (1u << 11);
  if (bits && HasAvxvnni(a)) bits |= Bit(Isa::kAvxvnni);
  if (bits && (saved & 0xe6) == 0xe6 && (b & kFDqBwVl) == kFDqBwVl && vnni) {
    bits |= Bit(Isa::kAvx512vnni);
  }
  return bits;
}

#elif defined(__aarch64__)

uint32_t OfCpu() {
  uint32_t bits = Bit(Isa::kNeon);  // part of every ARMv8-A application core
#if defined(__linux__)
  constexpr unsigned long kHwcapAsimddp = 1ul << 20;
  constexpr unsigned long kHwcap2I8mm = 1ul << 13;
  if (getauxval(AT_HWCAP) & kHwcapAsimddp) bits |= Bit(Isa::kNeondot);
  const bool i8mm = getauxval(AT_HWCAP2) & kHwcap2I8mm;
  if (i8mm && (bits & Bit(Isa::kNeondot))) bits |= Bit(Isa::kI8mm);
#endif
  return bits;
}

#elif defined(__arm__) && defined(__linux__)

uint32_t OfCpu() {
  // The neon kernels of ARMv7 are built for VFPv4.
  constexpr unsigned long kHwcapNeon = 1ul << 12, kHwcapVfpv4 = 1ul << 16;
  const unsigned long have = getauxval(AT_HWCAP);
  return (have & kHwcapNeon) && (have & kHwcapVfpv4) ? Bit(Isa::kNeon) : 0;
}

#else

uint32_t OfCpu() { return 0; }

#endif

}  // namespace

const char* IsaName(Isa isa) {
  switch (isa) {
    case Isa::kPortable:
      return "portable";
    case Isa::kAvx2:
      return "avx2";
    case Isa::kAvxvnni:
      return "avxvnni";
    case Isa::kAvx512vnni:
      return "avx512vnni";
    case Isa::kNeon:
      return "neon";
    case Isa::kNeondot:
      return "neondot";
    case Isa::kI8mm:
      return "i8mm";
    case Isa::kIsaCount:
      break;
  }
  return nullptr;
}

IsaSet IsaSet::Detect() { return IsaSet((OfCpu() | Bit(Isa::kPortable)) & kBuilt); }

IsaSet IsaSet::LimitedTo(Isa highest) const { return IsaSet(bits_ & Implied(highest)); }

edgec_status ChooseIsa(const char* name, IsaSet* set) {
  *set = IsaSet::Detect();
  if (name == nullptr) return EDGEC_OK;
  for (uint32_t i = 0; i < static_cast<uint32_t>(Isa::kIsaCount); ++i) {
    const Isa isa = static_cast<Isa>(i);
    if (std::strcmp(IsaName(isa), name) != 0) continue;
    if (!set->Has(isa)) {
      return Fail(EDGEC_E_ISA, "'%s' is not built in, or this CPU does not have it", name);
    }
    *set = set->LimitedTo(isa);
    return EDGEC_OK;
  }
  return Fail(EDGEC_E_ISA, "there is no instruction set '%s'; edgec_isa_name() lists them", name);
}

}  // namespace edgec
