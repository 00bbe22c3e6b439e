// Instruction sets as bits of capability, not as a ladder: a kernel names the one it needs.
#ifndef EDGEC_BASE_ISA_H_
#define EDGEC_BASE_ISA_H_

#include <cstdint>

#include "edgec/edgec.h"

namespace edgec {

enum class Isa : uint32_t {
  kPortable = 0,  // plain C++17
  kAvx2,          // x86: AVX2 + FMA
  kAvxvnni,       // x86: AVX2, FMA and AVX-VNNI: Alder Lake and its small cores, Zen 5
  kAvx512vnni,    // x86: AVX512 F, BW, DQ, VL and VNNI
  kNeon,          // ARMv8 (and ARMv7 with NEON): Cortex-A53, A72
  kNeondot,       // ARMv8.2 dot product: Cortex-A55, A76, A78
  kI8mm,          // ARMv8.6 int8 matrix product: Cortex-A510, A710, Neoverse V1
  kIsaCount,
};

// "portable", "avx2", "avxvnni", "avx512vnni", "neon", "neondot", "i8mm": also the suffix of kernel
// files.
const char* IsaName(Isa isa);

// The set of instruction sets that the CPU has and that this build contains, limited to `highest`
// and what it implies. kAvxvnni and kAvx512vnni imply kAvx2, and not each other; kI8mm implies
// kNeondot, which implies kNeon; all imply kPortable.
class IsaSet {
 public:
  static IsaSet Detect();
  IsaSet LimitedTo(Isa highest) const;
  bool Has(Isa isa) const { return (bits_ >> static_cast<uint32_t>(isa)) & 1u; }

 private:
  explicit IsaSet(uint32_t bits) : bits_(bits) {}
  uint32_t bits_;
};

// What this CPU has up to the instruction set of that name; all of it for nullptr. EDGEC_E_ISA.
edgec_status ChooseIsa(const char* name, IsaSet* set);

}  // namespace edgec
#endif  // EDGEC_BASE_ISA_H_
