// What tests of kernel families share: one test per instruction set from one body, random values,
// and the reference of requantization, written from edgec/format/spec.md and not from the kernels.
#ifndef EDGEC_TESTS_KERNEL_TEST_H_
#define EDGEC_TESTS_KERNEL_TEST_H_

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "base/isa.h"
#include "check.h"
#include "guarded.h"
#include "kernels/table.h"

namespace edgec_test {

// Runs `body(entry)` for the kernels of one instruction set. None built in, or a CPU without it, is
// a skip that is counted, and not a pass.
template <class Kernel, class Body>
void ForKernels(const edgec::KernelTable<Kernel>& table, edgec::Isa isa, Body body) {
  bool any = false;
  for (const auto& entry : table) {
    if (entry.isa != isa) continue;
    if (!edgec::IsaSet::Detect().Has(isa)) EDGEC_SKIP("this CPU lacks the instruction set");
    body(entry);
    any = true;
  }
  if (!any) EDGEC_SKIP("no kernel of the family for this instruction set in this build");
}

// A table's kernels and, on x86, one that ops don't have: an AVX-VNNI kernel as AVX-512 encodes it.
// Few CPUs have both.
template <class Kernel>
std::vector<edgec::KernelEntry<Kernel>> With(const edgec::KernelTable<Kernel>& table,
                                             const edgec::KernelEntry<Kernel>& entry) {
  std::vector<edgec::KernelEntry<Kernel>> all(table.begin(), table.end());
  all.push_back(entry);
  return all;
}

// xorshift64*: the same values on every machine.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15u + 1) {}
  uint32_t Next() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return static_cast<uint32_t>((state_ * 0x2545F4914F6CDD1Du) >> 32);
  }
  int32_t Within(int32_t low, int32_t high) {  // both included
    return low + static_cast<int32_t>(Next() % static_cast<uint32_t>(high - low + 1));
  }
  float Real() { return static_cast<float>(Within(-1000, 1000)) / 1000.0f; }

 private:
  uint64_t state_;
};

// The end of a guarded buffer that was allocated once for the largest case.
template <class T>
T* Tail(Guarded<T>& buffer, size_t count) {
  return buffer.end() - count;
}

inline size_t Padded(size_t n) { return (n + 15) / 16 * 16; }

// requant of edgec/format/spec.md, word for word. nearbyint rounds half to even.
inline int8_t Requant(int32_t acc, float mult, int32_t zp, int32_t qmin, int32_t qmax) {
  const float product = static_cast<float>(acc) * mult;
  const float low = static_cast<float>(qmin - zp), high = static_cast<float>(qmax - zp);
  const float clamped = std::min(std::max(product, low), high);
  return static_cast<int8_t>(static_cast<int32_t>(std::nearbyint(clamped)) + zp);
}

// The sum of int32 modulo 2^32.
inline int32_t Wrap(int64_t sum) { return static_cast<int32_t>(static_cast<uint32_t>(sum)); }

}  // namespace edgec_test

// EDGEC_TEST_EACH_ISA(name) { ... isa ... }: one test for each instruction set of this
// architecture.
#if defined(__x86_64__)
#define EDGEC_TEST_EACH_ISA(name)                                  \
  static void name(edgec::Isa isa);                                \
  EDGEC_TEST(name##_portable) { name(edgec::Isa::kPortable); }     \
  EDGEC_TEST(name##_avx2) { name(edgec::Isa::kAvx2); }             \
  EDGEC_TEST(name##_avxvnni) { name(edgec::Isa::kAvxvnni); }       \
  EDGEC_TEST(name##_avx512vnni) { name(edgec::Isa::kAvx512vnni); } \
  static void name(edgec::Isa isa)
#elif defined(__aarch64__)
#define EDGEC_TEST_EACH_ISA(name)                              \
  static void name(edgec::Isa isa);                            \
  EDGEC_TEST(name##_portable) { name(edgec::Isa::kPortable); } \
  EDGEC_TEST(name##_neon) { name(edgec::Isa::kNeon); }         \
  EDGEC_TEST(name##_neondot) { name(edgec::Isa::kNeondot); }   \
  EDGEC_TEST(name##_i8mm) { name(edgec::Isa::kI8mm); }         \
  static void name(edgec::Isa isa)
#else
#define EDGEC_TEST_EACH_ISA(name)                              \
  static void name(edgec::Isa isa);                            \
  EDGEC_TEST(name##_portable) { name(edgec::Isa::kPortable); } \
  EDGEC_TEST(name##_neon) { name(edgec::Isa::kNeon); }         \
  static void name(edgec::Isa isa)
#endif

#endif  // EDGEC_TESTS_KERNEL_TEST_H_
