// The input of some output positions (rows) of a convolution, where a kernel can walk through it:
// padding written around the image, values shifted to unsigned if the kernel wants that.
//
//     image            band of 2 output lines, 3×3 kernel
//     ┌─────────┐      ┌ p p p p p p ┐      a row of the product: its window's top left position,
//     │ a a a a │      │ p a a a a p │      the origin; tap t lies at origin + taps()[t]
//     │ b b b b │ ───► │ p b b b b p │
//     │ c c c c │      │ p c c c c p │      L1 or L2 holds it while all weights pass by
//
// Three ways, chosen at load:
//   kDirect  the tensor itself: nothing to pad or to shift
//   kLines   lines copied once, which serve all their taps: no im2col
//   kGather  each row's taps copied together, for windows that skip most of the image
#ifndef EDGEC_OPS_BAND_H_
#define EDGEC_OPS_BAND_H_

#include <vector>

#include "ops/conv2d_window.h"

namespace edgec {

// What a kernel asks of its input.
template <class T>
struct BandNeeds {
  size_t groups = 1;
  size_t depth_step = 1;      // a tap's depth is rounded up to it; weights are zero beyond
  size_t row_step = 1;        // rows of one kernel call
  uint32_t threads = 1;       // enough bands for so many, where possible
  uint64_t weight_bytes = 0;  // what passes by for each band
  T padding{};                // what x is outside of the image
  bool to_unsigned = false;   // int8 only: the kernel reads x + 128
};

template <class T>
class BandPlan {
 public:
  enum class Way { kDirect, kLines, kGather };

  BandPlan(const Conv2dWindow& window, const BandNeeds<T>& needs);

  Way way() const { return way_; }
  size_t tap_depth() const { return tap_depth_; }  // a multiple of depth_step
  const std::vector<ptrdiff_t>& taps() const { return taps_; }
  uint64_t scratch_elements() const { return scratch_elements_; }
  size_t most_rows() const { return band_rows_; }

  size_t count() const { return images_ * bands_per_image_; }
  size_t FirstRow(size_t band) const;
  size_t RowCount(size_t band) const;

  // Copies, unless the way is direct, and returns where the band begins.
  const T* Fill(size_t band, size_t group, const T* x, T* scratch) const;

  // A walk along the rows of a band.
  struct Walk {
    const T* line;  // origin of the first row of an output line
    size_t column;  // the next row's place in it
  };
  // From row `first` on of the band that begins there.
  Walk WalkFrom(const T* begin, size_t first) const;
  // Origins of the next m rows.
  void PointRows(Walk* walk, size_t m, const T** origins) const;

 private:
  bool NeedsCopy() const;
  bool SkipsMost() const;
  uint64_t InputLines(uint64_t lines) const;
  void PlanLines(uint64_t budget);
  void PlanGather(uint64_t budget);
  void SetTaps();
  void SetSteps();
  bool CopiesWholeLines() const;
  void CopyLines(const T* image, int64_t top, size_t count, T* to) const;
  void CopyLine(const T* pixels, T* to) const;
  void GatherRow(const Conv2dPosition& at, const T* x, T* to) const;
  T Padding() const;
  void Copy(const T* from, size_t count, T* to) const;

  Conv2dWindow window_;
  BandNeeds<T> needs_;
  Way way_ = Way::kDirect;
  bool whole_lines_;    // a tap is a line of the kernel, not one position
  size_t group_depth_;  // channels
  size_t tap_depth_;
  size_t pixel_stride_ = 0;  // elements from a pixel to the next, in the band
  size_t line_stride_ = 0;   // gather: from a row to the next
  size_t columns_ = 0;       // pixels of a copied line
  size_t row_columns_ = 0;   // rows of the product in an output line
  size_t row_step_ = 0;      // elements from a row to the next, and from a line to the next
  size_t row_line_step_ = 0;
  size_t images_ = 1, bands_per_image_ = 1, band_rows_ = 1, image_rows_ = 1;
  uint64_t scratch_elements_ = 0;
  std::vector<ptrdiff_t> taps_;
};

// How weights are packed (edgec/format/spec.md, Packing): positions side by side in memory are one
// tap, a line of the kernel; with groups or dilation each position is.
struct TapShape {
  size_t count;
  size_t depth;  // not yet rounded up
};
TapShape TapsOf(const Conv2dWindow& window, size_t groups);

}  // namespace edgec
#endif  // EDGEC_OPS_BAND_H_
