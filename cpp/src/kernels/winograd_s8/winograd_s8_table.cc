#include "kernels/winograd_s8/winograd_s8_table.h"

namespace edgec {

#define EDGEC_WINOGRAD_S8(isa, name, ...)            \
  EDGEC_DECLARE(WinogradS8Input, name##_input)       \
  EDGEC_DECLARE(WinogradS8Multiply, name##_multiply) \
  EDGEC_DECLARE(WinogradS8Output, name##_output)
#include "kernels/winograd_s8/kernels.inc"

KernelTable<WinogradS8Multiply> WinogradS8Kernels() {
  static constexpr KernelEntry<WinogradS8Multiply> kEntries[] = {
#define EDGEC_WINOGRAD_S8(isa, name, blocks, pair, ...) \
  {Isa::isa, #name, &name##_input, &name##_multiply, &name##_output, blocks, pair, __VA_ARGS__},
#include "kernels/winograd_s8/kernels.inc"
  };
  return MakeTable(kEntries);
}

}  // namespace edgec
