// The winograd_s8 kernels of this build, best first: for ops and tests, not for kernels.
#ifndef EDGEC_KERNELS_WINOGRAD_S8_WINOGRAD_S8_TABLE_H_
#define EDGEC_KERNELS_WINOGRAD_S8_WINOGRAD_S8_TABLE_H_

#include "kernels/table.h"
#include "kernels/winograd_s8/winograd_s8.h"

namespace edgec {

// What a layer costs, in cycles of one core, to choose between Winograd and the direct kernel:
// measured on Zen 4 by layers of 56×56×64 to 7×7×512 of a whole network, estimated by llvm-mca for
// Cortex-A72.
struct WinogradS8Cost {
  float direct_macs;    // multiply-accumulates a cycle of the direct kernel of this ISA
  float multiply_macs;  // of _multiply
  float input;          // _input: cycles for a channel of a tile
  float output;         // _output, and the way of m through the cache: for a column of a tile
  float bytes;          // weights: bytes a cycle from memory that no layer in between leaves cached
};

template <>
struct KernelEntry<WinogradS8Multiply> {
  Isa isa;
  const char* name;
  WinogradS8Input* input;
  WinogradS8Multiply* multiply;
  WinogradS8Output* output;
  size_t blocks;
  size_t pair;
  WinogradS8Cost cost;
};

KernelTable<WinogradS8Multiply> WinogradS8Kernels();

}  // namespace edgec
#endif  // EDGEC_KERNELS_WINOGRAD_S8_WINOGRAD_S8_TABLE_H_
