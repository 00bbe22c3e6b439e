// A family's kernels as a table, best first: what ops choose from, and what tests run through.
//
// For <family>_table.{h,cc}, ops and tests; never for kernel files, whose flags differ.
#ifndef EDGEC_KERNELS_TABLE_H_
#define EDGEC_KERNELS_TABLE_H_

#include <cstddef>

#include "base/isa.h"

namespace edgec {

// `Kernel` is a function type; the name is the function's.
template <class Kernel>
struct KernelEntry {
  Isa isa;
  const char* name;
  Kernel* run;
};

template <class Kernel>
struct KernelTable {
  const KernelEntry<Kernel>* entries;
  size_t count;  // at least one: the last is portable

  const KernelEntry<Kernel>* begin() const { return entries; }
  const KernelEntry<Kernel>* end() const { return entries + count; }
  const KernelEntry<Kernel>& Best(IsaSet isa) const {
    const KernelEntry<Kernel>* entry = entries;
    while (!isa.Has(entry->isa)) ++entry;
    return *entry;
  }
};

template <class Kernel, size_t kCount>
constexpr KernelTable<Kernel> MakeTable(const KernelEntry<Kernel> (&entries)[kCount]) {
  return {entries, kCount};
}

}  // namespace edgec

// A line of kernels.inc as a declaration, and as an entry.
#define EDGEC_DECLARE(kernel, name) kernel name;
#define EDGEC_ENTRY(isa, name) {Isa::isa, #name, &name},

#endif  // EDGEC_KERNELS_TABLE_H_
