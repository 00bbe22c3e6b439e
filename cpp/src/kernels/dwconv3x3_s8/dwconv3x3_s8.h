// int8 depthwise convolution with a 3 × 3 kernel, requantized to int8, that reads the image in
// place: `lines` lines of output at once.
//
//     y[l][i][j] = requant(bias[j] + Σ_r Σ_q x[l · stride_h + r][i · stride_w − pad_left + q][j] ·
//                          w[r][q][j])
//
//     0 ≤ l < lines    0 ≤ i < pixels    0 ≤ j < channels    0 ≤ r, q < 3
//
// Columns outside of the image are `padding`; rows outside of it are rows that hold padding, so
// that no kernel asks. Sums wrap modulo 2^32.
//
// The caller's duties: pixels ≥ 1, width ≥ 1; channels ≥ 16, for the last 16 are done together even
// if that does some twice; stride_w 1 or 2; lines ≤ the kernel's own, and 1 unless both strides are
// 1; w in [−127, 127]; y overlaps no row. Kernels read exactly the rows and write exactly the
// lines.
#ifndef EDGEC_KERNELS_DWCONV3X3_S8_DWCONV3X3_S8_H_
#define EDGEC_KERNELS_DWCONV3X3_S8_DWCONV3X3_S8_H_

#include <cstddef>
#include <cstdint>

#include "kernels/requant/requant.h"

namespace edgec {

struct Dwconv3x3S8Lines {
  size_t lines, pixels, channels;
  const int8_t* const* rows;  // [lines + 2] of `width` pixels, or [3] for one line
  size_t width;
  ptrdiff_t pad_left;
  size_t stride_w;
  int8_t padding;
  const int8_t* w;  // [⌈channels/16⌉] blocks that Pack made; the last is of the last 16 channels
  int8_t* y;
  size_t y_line;  // from a line to the next
};

struct Dwconv3x3S8Params {
  const int32_t* bias;  // [channels]
  RequantS8 requant;    // mult[channels]
};

using Dwconv3x3S8Kernel = void(const Dwconv3x3S8Lines& lines, const Dwconv3x3S8Params& params);
// From w[9][16] of 16 channels to a block.
using Dwconv3x3S8Pack = void(const int8_t* w, int8_t* block);

// The channel that the block of the j-th begins with.
static inline size_t Dwconv3x3Block(size_t j, size_t channels) {
  return j + 16 <= channels ? j : channels - 16;
}

}  // namespace edgec
#endif  // EDGEC_KERNELS_DWCONV3X3_S8_DWCONV3X3_S8_H_
