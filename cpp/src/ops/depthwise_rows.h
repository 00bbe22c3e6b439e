// The packed input rows of a depthwise convolution (kernels/dwconv_s8/dwconv_line.h): which column
// of the image lies in which unit, and a ring of the rows that the next output line needs.
//
//   walking    units at every column, or every second where a unit holds more than one: for
//              strides up to 2 without dilation
//              columns  −1 0 1 2 3 4 5 …          interleave 4: units {−1 0 1 2} {1 2 3 4} {3 4 5
//              …}
//   gathered   a unit for each pixel and each `interleave` kernel columns: any stride and dilation
//
// A row is packed once and serves all its output lines. Outside of the image all is padding.
#ifndef EDGEC_OPS_DEPTHWISE_ROWS_H_
#define EDGEC_OPS_DEPTHWISE_ROWS_H_

#include <vector>

#include "kernels/dwconv_s8/dwconv_line.h"
#include "ops/conv2d_window.h"

namespace edgec {

// Sizes in units.
struct DepthwiseLayout {
  size_t interleave;
  bool walking;
  size_t next = 1;        // columns from a unit to the next
  size_t sharing = 1;     // neighbouring pixels of one unit
  size_t groups = 1;      // units that a pixel needs of a row, for `interleave` kernel columns each
  size_t group_step = 1;  // from a group to the next
  size_t pixel_step = 1;  // from a pixel (or two, if they share) to the next
  size_t units = 1;       // of a row

  DepthwiseLayout(const Conv2dWindow& window, size_t interleave);
  size_t columns() const { return (units - 1) * next + interleave; }
  // The kernel column that place q of a group meets, seen from the pixel that is `pixel`-th to
  // share it. Outside of the kernel the weight is 0.
  int64_t KernelColumn(size_t group, size_t q, size_t pixel) const {
    return static_cast<int64_t>(group * interleave + q) - static_cast<int64_t>(pixel);
  }
};

// How a kernel wants its units.
template <class T>
struct UnitForm {
  size_t interleave;
  size_t size;                            // elements
  void (*pack)(const DwconvColumns<T>&);  // nullptr: 16 channels as they are
};

template <class T>
class DepthwiseRows {
 public:
  DepthwiseRows(const Conv2dWindow& window, const UnitForm<T>& form, T padding);

  const DepthwiseLayout& layout() const { return layout_; }
  size_t blocks() const { return blocks_; }  // of 16 channels, in one ring
  size_t ranges() const { return ranges_; }  // rings that make all channels
  uint64_t ring_elements() const { return ring_elements_; }
  size_t x_step() const { return layout_.pixel_step * form_.size; }
  size_t x_block() const { return layout_.units * form_.size; }
  size_t channels(size_t range) const;

  // A ring in use: rows of one range of channels of one image, from some output line on.
  struct Ring {
    const T* x;  // the first of its channels in the image
    size_t channels;
    const T** columns;  // [columns()] of the row to be packed
    T* memory;          // [ring_elements()]
    int64_t next = 0;   // rows before it are packed, or no longer needed
  };
  Ring Begin(const T* x, size_t image, size_t range, const T** columns, T* memory) const;
  // Packs what output line `y` needs and points to its units, tap by tap.
  void Advance(Ring* ring, int64_t y, const T** taps) const;

 private:
  void PointColumns(const Ring& ring, int64_t row) const;
  void Pack(const Ring& ring, int64_t row) const;
  T* Slot(const Ring& ring, int64_t row) const;

  const Conv2dWindow window_;
  const UnitForm<T> form_;
  const DepthwiseLayout layout_;
  size_t blocks_, ranges_;
  int64_t slots_;  // rows in the ring; one more is padding
  uint64_t ring_elements_;
  std::vector<T> padding_;
};

}  // namespace edgec
#endif  // EDGEC_OPS_DEPTHWISE_ROWS_H_
