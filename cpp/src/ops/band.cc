#include "ops/band.h"

#include <algorithm>

#include "ops/node_check.h"
#include "ops/split.h"

namespace edgec {
namespace {

constexpr uint64_t kSmallBand = 32 * 1024;      // about an L1: weights come from L2 anyway
constexpr uint64_t kLargeBand = 128 * 1024;     // weights come from memory: pass them less often
constexpr uint64_t kManyWeights = 256 * 1024;   // more than a small core keeps in L2
constexpr uint64_t kLargestLines = 256 * 1024;  // a band of one line above it: gather instead

// Without padding and in steps of one, lines do not matter: every pixel is one.
Conv2dWindow WithoutLines(Conv2dWindow window) {
  const bool pointwise = window.taps() == 1 && window.stride_h == 1 && window.stride_w == 1 &&
                         window.pad_top == 0 && window.pad_left == 0 &&
                         window.out_h == window.in_h && window.out_w == window.in_w;
  if (!pointwise) return window;
  window.in_h = window.out_h = static_cast<int64_t>(window.rows());
  window.batch = window.in_w = window.out_w = 1;
  return window;
}

int64_t LastTap(int64_t out, int64_t stride, int64_t kernel, int64_t dilation, int64_t pad) {
  return (out - 1) * stride + (kernel - 1) * dilation - pad;
}

// Adding 128 flips the top bit. In blocks of known length, which compilers turn into vectors.
void FlipSigns(const int8_t* __restrict__ from, size_t count, int8_t* __restrict__ to) {
  constexpr size_t kBlock = 32;
  size_t i = 0;
  for (; i + kBlock <= count; i += kBlock) {
    for (size_t j = 0; j < kBlock; ++j) to[i + j] = static_cast<int8_t>(from[i + j] ^ -128);
  }
  for (; i < count; ++i) to[i] = static_cast<int8_t>(from[i] ^ -128);
}

}  // namespace

TapShape TapsOf(const Conv2dWindow& window, size_t groups) {
  const size_t depth = static_cast<size_t>(window.in_c) / groups;
  if (groups > 1 || (window.dilation_w > 1 && window.kernel_w > 1)) {
    return {window.taps(), depth};
  }
  return {static_cast<size_t>(window.kernel_h), depth * static_cast<size_t>(window.kernel_w)};
}

template <class T>
BandPlan<T>::BandPlan(const Conv2dWindow& window, const BandNeeds<T>& needs)
    : window_(WithoutLines(window)), needs_(needs) {
  const TapShape shape = TapsOf(window_, needs.groups);
  group_depth_ = static_cast<size_t>(window_.in_c) / needs.groups;
  whole_lines_ = shape.depth != group_depth_;
  tap_depth_ = RoundUp(shape.depth, needs.depth_step);
  const bool copy = NeedsCopy();
  pixel_stride_ = copy ? group_depth_ : static_cast<size_t>(window_.in_c);
  columns_ = static_cast<size_t>(
      copy ? 1 + LastTap(window_.out_w, window_.stride_w, window_.kernel_w, window_.dilation_w, 0)
           : window_.in_w);
  const uint64_t budget = needs.weight_bytes > kManyWeights ? kLargeBand : kSmallBand;
  // Hostile sizes: the product may not fit 64 bits.
  const double line_bytes = static_cast<double>(columns_) * static_cast<double>(pixel_stride_) *
                            static_cast<double>(sizeof(T));
  if (copy &&
      (SkipsMost() || static_cast<double>(InputLines(1)) * line_bytes > double{kLargestLines})) {
    way_ = Way::kGather;
    PlanGather(budget);
  } else {
    way_ = copy ? Way::kLines : Way::kDirect;
    line_stride_ = columns_ * pixel_stride_;
    PlanLines(budget);
  }
  SetTaps();
  SetSteps();
}

template <class T>
bool BandPlan<T>::NeedsCopy() const {
  const Conv2dWindow& w = window_;
  const bool padded = w.pad_top > 0 || w.pad_left > 0 ||
                      LastTap(w.out_h, w.stride_h, w.kernel_h, w.dilation_h, w.pad_top) >= w.in_h ||
                      LastTap(w.out_w, w.stride_w, w.kernel_w, w.dilation_w, w.pad_left) >= w.in_w;
  const bool reads_beyond = tap_depth_ != TapsOf(w, needs_.groups).depth;
  return needs_.to_unsigned || padded || reads_beyond;
}

template <class T>
bool BandPlan<T>::SkipsMost() const {
  return window_.kernel_h < window_.stride_h || window_.kernel_w < window_.stride_w;
}

template <class T>
uint64_t BandPlan<T>::InputLines(uint64_t lines) const {
  return (lines - 1) * static_cast<uint64_t>(window_.stride_h) +
         static_cast<uint64_t>((window_.kernel_h - 1) * window_.dilation_h) + 1;
}

template <class T>
void BandPlan<T>::PlanLines(uint64_t budget) {
  const uint64_t out_h = static_cast<uint64_t>(window_.out_h);
  const uint64_t step = static_cast<uint64_t>(window_.stride_h) * line_stride_ * sizeof(T);
  const uint64_t one = InputLines(1) * line_stride_ * sizeof(T);
  uint64_t lines = one >= budget ? 1 : 1 + (budget - one) / step;
  images_ = static_cast<size_t>(window_.batch);
  if (needs_.threads > 1) {
    const uint64_t wanted = DivideUp(kItemsPerThread * needs_.threads, images_);
    lines = std::min(lines, DivideUp(out_h, wanted));
  }
  lines = DivideUp(out_h, DivideUp(out_h, std::min(lines, out_h)));
  if (window_.out_w == 1) lines = std::min(out_h, RoundUp(lines, needs_.row_step));
  bands_per_image_ = static_cast<size_t>(DivideUp(out_h, lines));
  band_rows_ = static_cast<size_t>(lines) * static_cast<size_t>(window_.out_w);
  image_rows_ = static_cast<size_t>(window_.out_h * window_.out_w);
  if (way_ == Way::kLines) {
    scratch_elements_ = InputLines(lines) * line_stride_ + needs_.depth_step;
  }
}

template <class T>
void BandPlan<T>::PlanGather(uint64_t budget) {
  line_stride_ = TapsOf(window_, needs_.groups).count * tap_depth_;
  image_rows_ = window_.rows();
  uint64_t rows = budget / (line_stride_ * sizeof(T));
  if (needs_.threads > 1) {
    rows = std::min(rows, DivideUp(image_rows_, kItemsPerThread * needs_.threads));
  }
  rows = std::min<uint64_t>(RoundUp(std::max<uint64_t>(rows, 1), needs_.row_step), image_rows_);
  band_rows_ = static_cast<size_t>(rows);
  bands_per_image_ = static_cast<size_t>(DivideUp(image_rows_, rows));
  scratch_elements_ = rows * line_stride_;
}

template <class T>
void BandPlan<T>::SetTaps() {
  const TapShape shape = TapsOf(window_, needs_.groups);
  taps_.reserve(shape.count);
  for (size_t t = 0; t < shape.count; ++t) {
    const size_t ky = whole_lines_ ? t : t / static_cast<size_t>(window_.kernel_w);
    const size_t kx = whole_lines_ ? 0 : t % static_cast<size_t>(window_.kernel_w);
    const size_t at = way_ == Way::kGather
                          ? t * tap_depth_
                          : ky * static_cast<size_t>(window_.dilation_h) * line_stride_ +
                                kx * static_cast<size_t>(window_.dilation_w) * pixel_stride_;
    taps_.push_back(static_cast<ptrdiff_t>(at));
  }
}

// Rows that were gathered, or are lines, all lie one behind the other: in one line.
template <class T>
void BandPlan<T>::SetSteps() {
  row_line_step_ =
      way_ == Way::kGather ? line_stride_ : static_cast<size_t>(window_.stride_h) * line_stride_;
  const bool one_line = way_ == Way::kGather || window_.out_w == 1;
  row_columns_ = one_line ? image_rows_ : static_cast<size_t>(window_.out_w);
  row_step_ = one_line ? row_line_step_ : static_cast<size_t>(window_.stride_w) * pixel_stride_;
}

template <class T>
size_t BandPlan<T>::FirstRow(size_t band) const {
  return band / bands_per_image_ * image_rows_ + band % bands_per_image_ * band_rows_;
}

template <class T>
size_t BandPlan<T>::RowCount(size_t band) const {
  return std::min(band_rows_, image_rows_ - band % bands_per_image_ * band_rows_);
}

template <class T>
const T* BandPlan<T>::Fill(size_t band, size_t group, const T* x, T* scratch) const {
  const T* of_group = x + group * group_depth_;
  if (way_ == Way::kGather) {
    Conv2dPosition at(window_, FirstRow(band));
    const size_t count = RowCount(band);
    for (size_t i = 0; i < count; ++i, at.Next(window_)) {
      GatherRow(at, of_group, scratch + i * line_stride_);
    }
    return scratch;
  }
  const int64_t image = static_cast<int64_t>(band / bands_per_image_);
  const int64_t line = static_cast<int64_t>(band % bands_per_image_ * band_rows_) / window_.out_w;
  const int64_t top = line * window_.stride_h - window_.pad_top;
  const int64_t in_line = window_.in_w * window_.in_c;
  if (way_ == Way::kDirect) return of_group + (image * window_.in_h + top) * in_line;
  const size_t lines = InputLines(RowCount(band) / static_cast<size_t>(window_.out_w));
  if (top >= 0 && top + static_cast<int64_t>(lines) <= window_.in_h && CopiesWholeLines()) {
    Copy(of_group + (image * window_.in_h + top) * in_line, lines * line_stride_, scratch);
  } else {
    CopyLines(of_group + image * window_.in_h * in_line, top, lines, scratch);
  }
  std::fill_n(scratch + lines * line_stride_, needs_.depth_step, Padding());
  return scratch;
}

// Lines without a border lie together in the band as they do in the image.
template <class T>
bool BandPlan<T>::CopiesWholeLines() const {
  return needs_.groups == 1 && window_.pad_left == 0 &&
         columns_ == static_cast<size_t>(window_.in_w);
}

template <class T>
void BandPlan<T>::CopyLines(const T* image, int64_t top, size_t count, T* to) const {
  for (size_t i = 0; i < count; ++i, to += line_stride_) {
    const int64_t y = top + static_cast<int64_t>(i);
    const bool inside = y >= 0 && y < window_.in_h;
    CopyLine(inside ? image + y * window_.in_w * window_.in_c : nullptr, to);
  }
}

template <class T>
typename BandPlan<T>::Walk BandPlan<T>::WalkFrom(const T* begin, size_t first) const {
  return {begin + first / row_columns_ * row_line_step_, first % row_columns_};
}

// Without divisions, which cost as much as a row of a small layer.
template <class T>
void BandPlan<T>::PointRows(Walk* walk, size_t m, const T** origins) const {
  const T* line = walk->line;
  size_t column = walk->column;
  while (m > 0) {
    const size_t count = std::min(m, row_columns_ - column);
    const T* origin = line + column * row_step_;
    for (size_t i = 0; i < count; ++i, origin += row_step_) *origins++ = origin;
    m -= count;
    column += count;
    if (column < row_columns_) break;
    column = 0;
    line += row_line_step_;
  }
  *walk = {line, column};
}

template <class T>
void BandPlan<T>::CopyLine(const T* pixels, T* to) const {
  const size_t left = std::min(columns_, static_cast<size_t>(window_.pad_left));
  const size_t inside =
      pixels == nullptr ? 0 : std::min(columns_ - left, static_cast<size_t>(window_.in_w));
  std::fill_n(to, left * group_depth_, Padding());
  to += left * group_depth_;
  if (needs_.groups == 1) {
    Copy(pixels, inside * group_depth_, to);
  } else {
    for (size_t i = 0; i < inside; ++i) {
      Copy(pixels + i * static_cast<size_t>(window_.in_c), group_depth_, to + i * group_depth_);
    }
  }
  std::fill_n(to + inside * group_depth_, (columns_ - left - inside) * group_depth_, Padding());
}

template <class T>
void BandPlan<T>::GatherRow(const Conv2dPosition& at, const T* x, T* to) const {
  const int64_t x_0 = at.ox * window_.stride_w - window_.pad_left;
  const size_t filled =
      whole_lines_ ? group_depth_ * static_cast<size_t>(window_.kernel_w) : group_depth_;
  for (int64_t ky = 0; ky < window_.kernel_h; ++ky) {
    const T* line = KernelLine(window_, x, at, ky);
    for (int64_t kx = 0; kx < window_.kernel_w; ++kx) {
      const int64_t column = x_0 + kx * window_.dilation_w;
      const bool inside = line != nullptr && column >= 0 && column < window_.in_w;
      if (inside) {
        Copy(line + column * window_.in_c, group_depth_, to);
      } else {
        std::fill_n(to, group_depth_, Padding());
      }
      to += group_depth_;
      const bool tap_ends = !whole_lines_ || kx + 1 == window_.kernel_w;
      if (tap_ends) to = std::fill_n(to, tap_depth_ - filled, Padding());
    }
  }
}

template <>
int8_t BandPlan<int8_t>::Padding() const {
  return needs_.to_unsigned ? static_cast<int8_t>(needs_.padding ^ -128) : needs_.padding;
}
template <>
float BandPlan<float>::Padding() const {
  return needs_.padding;
}

template <>
void BandPlan<int8_t>::Copy(const int8_t* from, size_t count, int8_t* to) const {
  if (needs_.to_unsigned) return FlipSigns(from, count, to);
  if (count > 0) std::memcpy(to, from, count);
}
template <>
void BandPlan<float>::Copy(const float* from, size_t count, float* to) const {
  if (count > 0) std::memcpy(to, from, count * sizeof(float));
}

template class BandPlan<int8_t>;
template class BandPlan<float>;

}  // namespace edgec
