#include "ops/depthwise_rows.h"

#include <algorithm>
#include <cstring>

#include "ops/node_check.h"

namespace edgec {
namespace {

constexpr uint64_t kRingBytes = 32 * 1024;  // a small L1
constexpr size_t kBlock = 16;

size_t DivideUp(size_t count, size_t step) { return (count + step - 1) / step; }

int64_t DivideDown(int64_t value, int64_t by) {
  return value >= 0 ? value / by : -((by - 1 - value) / by);
}

int64_t RowExtent(const Conv2dWindow& w) { return (w.kernel_h - 1) * w.dilation_h + 1; }

}  // namespace

DepthwiseLayout::DepthwiseLayout(const Conv2dWindow& window, size_t kernel_interleave)
    : interleave(kernel_interleave), first_column_(-window.pad_left) {
  const size_t out_w = static_cast<size_t>(window.out_w);
  const size_t kernel_w = static_cast<size_t>(window.kernel_w);
  const bool walking = window.dilation_w == 1 && window.stride_w <= 2;
  if (walking && interleave > 1) {  // a unit every second column
    column_step = 2;
    sharing = window.stride_w == 1 ? 2 : 1;
    groups = DivideUp(kernel_w + sharing - 1, interleave);
    group_step = interleave / 2;
    units = DivideUp(out_w, sharing) + (groups - 1) * group_step;
  } else if (walking) {
    groups = kernel_w;
    pixel_step = static_cast<size_t>(window.stride_w);
    units = (out_w - 1) * pixel_step + kernel_w;
  } else {
    runs = groups = DivideUp(kernel_w, interleave);
    group_step = out_w;
    units = groups * out_w;
    column_step = window.stride_w;
    place_step = window.dilation_w;
    run_step_ = static_cast<int64_t>(interleave) * window.dilation_w;
  }
}

template <class T>
void CopyColumns(const DwconvColumns<T>& columns) {
  for (size_t j = 0; j < columns.channels; j += kBlock) {
    const size_t count = std::min(kBlock, columns.channels - j);
    const T* from = columns.from[0] + j;
    T* to = columns.to + j / kBlock * columns.to_block;
    for (size_t u = 0; u < columns.units; ++u, from += columns.step, to += kBlock) {
      if (count == kBlock) {
        std::memcpy(to, from, kBlock * sizeof(T));  // of constant size: no call
      } else {
        std::fill(std::copy_n(from, count, to), to + kBlock, T{});
      }
    }
  }
}

template <class T>
DepthwiseRows<T>::DepthwiseRows(const Conv2dWindow& window, const UnitForm<T>& form, T padding)
    : window_(window), form_(form), layout_(window, form.interleave) {
  all_blocks_ = DivideUp(static_cast<size_t>(window.in_c), kBlock);
  slots_ = std::min(RowExtent(window), window.in_h);
  const uint64_t rows = static_cast<uint64_t>(slots_) + 1;
  const uint64_t block_bytes = static_cast<uint64_t>(slots_) * x_block() * sizeof(T);
  const size_t most = static_cast<size_t>(std::max<uint64_t>(1, kRingBytes / block_bytes));
  blocks_ = DivideUp(all_blocks_, DivideUp(all_blocks_, most));
  ranges_ = DivideUp(all_blocks_, blocks_);
  ring_elements_ = rows * blocks_ * x_block() + kDwconvTile * x_step();
  padding_.assign(kBlock * blocks_, padding);
}

template <class T>
size_t DepthwiseRows<T>::channels(size_t range) const {
  const size_t first = range * blocks_ * kBlock;
  return std::min(blocks_ * kBlock, static_cast<size_t>(window_.in_c) - first);
}

template <class T>
typename DepthwiseRows<T>::Ring DepthwiseRows<T>::Begin(const T* x, size_t image, size_t range,
                                                        T* memory) const {
  const size_t image_elements = static_cast<size_t>(window_.in_h * window_.in_w * window_.in_c);
  const Ring ring{x + image * image_elements + range * blocks_ * kBlock, channels(range), memory};
  const int64_t last = (window_.out_h - 1) * window_.stride_h + RowExtent(window_) - 1;
  if (window_.pad_top > 0 || last - window_.pad_top >= window_.in_h) {
    DwconvColumns<T> columns = Columns(ring, layout_.units, Slot(ring, -1));
    std::fill_n(columns.from, kDwconvMostInterleave, padding_.data());
    Pack(columns);
  }
  return ring;
}

template <class T>
void DepthwiseRows<T>::Advance(Ring* ring, int64_t y, const T** taps) const {
  const int64_t first = y * window_.stride_h - window_.pad_top;
  const int64_t end = std::min(first + RowExtent(window_), window_.in_h);
  for (ring->next = std::max(ring->next, first); ring->next < end; ++ring->next) {
    PackRow(*ring, ring->next);
  }
  for (int64_t ky = 0; ky < window_.kernel_h; ++ky) {
    const int64_t row = first + ky * window_.dilation_h;
    const T* units = Slot(*ring, row < window_.in_h ? row : -1);
    for (size_t group = 0; group < layout_.groups; ++group) {
      *taps++ = units + group * layout_.group_step * form_.size;
    }
  }
}

// Rows above the image are padding, as are those that the caller gives a negative number.
template <class T>
T* DepthwiseRows<T>::Slot(const Ring& ring, int64_t row) const {
  const size_t slot = static_cast<size_t>(row < 0 ? slots_ : row % slots_);
  return ring.memory + slot * blocks_ * x_block();
}

template <class T>
void DepthwiseRows<T>::PackRow(const Ring& ring, int64_t row) const {
  T* to = Slot(ring, row);
  for (size_t run = 0; run < layout_.runs; ++run) {
    PackRun(ring, ring.x + row * window_.in_w * window_.in_c, run,
            to + run * layout_.run_units() * form_.size);
  }
}

// Units before `inside` and from `outside` on have columns outside of the image.
template <class T>
void DepthwiseRows<T>::PackRun(const Ring& ring, const T* row, size_t run, T* to) const {
  const int64_t units = static_cast<int64_t>(layout_.run_units()), step = layout_.column_step;
  const int64_t column = layout_.run_column(run);
  const int64_t places = static_cast<int64_t>(layout_.interleave - 1) * layout_.place_step;
  const int64_t outside = std::min(
      units, std::max<int64_t>(0, DivideDown(window_.in_w - 1 - places - column, step) + 1));
  const int64_t inside = std::min(outside, std::max<int64_t>(0, -DivideDown(column, step)));
  const auto edge = [&](int64_t unit) {
    PackEdge(ring, row, column + unit * step, to + static_cast<size_t>(unit) * form_.size);
  };
  for (int64_t unit = 0; unit < inside; ++unit) edge(unit);
  if (inside < outside) {
    DwconvColumns<T> columns = Columns(ring, static_cast<size_t>(outside - inside),
                                       to + static_cast<size_t>(inside) * form_.size);
    for (size_t q = 0; q < layout_.interleave; ++q) {
      const int64_t at = column + inside * step + static_cast<int64_t>(q) * layout_.place_step;
      columns.from[q] = row + at * window_.in_c;
    }
    columns.step = static_cast<size_t>(step * window_.in_c);
    Pack(columns);
  }
  for (int64_t unit = outside; unit < units; ++unit) edge(unit);
}

template <class T>
void DepthwiseRows<T>::PackEdge(const Ring& ring, const T* row, int64_t column, T* to) const {
  DwconvColumns<T> columns = Columns(ring, 1, to);
  for (size_t q = 0; q < layout_.interleave; ++q, column += layout_.place_step) {
    const bool inside = column >= 0 && column < window_.in_w;
    columns.from[q] = inside ? row + column * window_.in_c : padding_.data();
  }
  Pack(columns);
}

template <class T>
DwconvColumns<T> DepthwiseRows<T>::Columns(const Ring& ring, size_t units, T* to) const {
  return {units, ring.channels, {}, 0, to, x_block()};
}

template <class T>
void DepthwiseRows<T>::Pack(const DwconvColumns<T>& columns) const {
  form_.pack == nullptr ? CopyColumns(columns) : form_.pack(columns);
}

template class DepthwiseRows<int8_t>;
template class DepthwiseRows<float>;

}  // namespace edgec
