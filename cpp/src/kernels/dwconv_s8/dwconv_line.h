// What the two steps of a depthwise convolution read and write, for int8 and float32.
//
// First input rows are packed, 16 channels at a time, into units: `interleave` columns, channel by
// channel. Then one line of output slides along them. Neither step knows strides, dilations or
// paddings: the caller points to the right columns (ops/depthwise_rows.h).
//
//     3 input columns, 16 channels                 units of interleave 4, one every 2 columns
//     ┌ a0 a1 … a15 │ b0 b1 … b15 │ c0 c1 … ┐      ┌ a0 b0 c0 d0  a1 b1 c1 d1 … ┐┌ c0 d0 e0 f0 … ┐
//
//     sharing 2: a unit serves two neighbours:     pixel 0: w0 w1 w2  0 of a unit
//                                                  pixel 1:  0 w0 w1 w2
#ifndef EDGEC_KERNELS_DWCONV_S8_DWCONV_LINE_H_
#define EDGEC_KERNELS_DWCONV_S8_DWCONV_LINE_H_

#include <cstddef>

namespace edgec {

constexpr size_t kDwconvMostInterleave = 4;

// Units to be packed: place q of unit u is the column behind from[u · next + q]. With next smaller
// than interleave, neighbouring units share columns.
template <class T>
struct DwconvColumns {
  size_t units;
  size_t channels;
  const T* const* from;  // each to `channels` values
  size_t next;
  T* to;            // aligned to 32 bytes; 16 channels of all units, then the next 16
  size_t to_block;  // from 16 channels to the next 16
};

// A line of output: pixel i of 16 channels is Σ_t unit[x[t] + i / sharing · x_step] · w[t][i %
// sharing].
template <class T>
struct DwconvLine {
  size_t pixels;
  size_t channels;
  size_t taps;
  size_t sharing;     // pixels that one unit serves: 1 or 2
  const T* const* x;  // [taps] → the first unit
  size_t x_step;      // from a unit to the next
  size_t x_block;     // from 16 channels to the next 16
  const T* w;         // [⌈channels/16⌉][taps][sharing] units, aligned to 32 bytes
  T* y;
  size_t y_stride;  // from a pixel to the next
};

// Kernels read units up to a whole number of these pixels; the caller has memory there.
constexpr size_t kDwconvTile = 8;

}  // namespace edgec
#endif  // EDGEC_KERNELS_DWCONV_S8_DWCONV_LINE_H_
