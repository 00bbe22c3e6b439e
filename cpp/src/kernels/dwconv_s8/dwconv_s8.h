// int8 depthwise convolution, requantized to int8: packed input rows, then output lines.
//
//     y[i][j] = requant(bias[j] + Σ_t Σ_q unit[t][i / sharing][j][q] · w[t][i % sharing][j][q])
//
//     0 ≤ i < pixels    0 ≤ j < channels    0 ≤ t < taps    0 ≤ q < interleave
//
// A kernel is two functions. Pack writes units in any order of bytes that it likes, as long as the
// other function understands them: weights become units through the same function, with the
// channels of a call together, as its inputs. A kernel with interleave 1 has none: its units are 16
// channels as they are, copied by the caller. Sums wrap modulo 2^32.
//
// The caller's duties: counts ≥ 1; w in [−127, 127]; bias and mult hold ⌈channels/16⌉·16 values.
// If the kernel's a_offset is 128, bias[j] already contains −128 · Σ w[j], and the weights that
// went through Pack had their top bit flipped, which Pack flips back.
// Pack reads exactly `channels` bytes of each column and writes whole units; the kernel writes
// exactly `channels` bytes of each pixel of y.
#ifndef EDGEC_KERNELS_DWCONV_S8_DWCONV_S8_H_
#define EDGEC_KERNELS_DWCONV_S8_DWCONV_S8_H_

#include <cstdint>

#include "kernels/dwconv_s8/dwconv_line.h"
#include "kernels/requant/requant.h"

namespace edgec {

struct DwconvS8Params {
  const int32_t* bias;  // [⌈channels/16⌉·16]
  RequantS8 requant;
};

using DwconvS8Kernel = void(const DwconvLine<int8_t>& line, const DwconvS8Params& params);
using DwconvS8Pack = void(const DwconvColumns<int8_t>& columns);

}  // namespace edgec
#endif  // EDGEC_KERNELS_DWCONV_S8_DWCONV_S8_H_
