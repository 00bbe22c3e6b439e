#include "ops/depthwise_rows.h"

#include <algorithm>
#include <cstring>

#include "ops/node_check.h"

namespace edgec {
namespace {

constexpr uint64_t kRingBytes = 32 * 1024;  // a small L1
constexpr size_t kBlock = 16;
constexpr size_t kWholeBlocks = 4;  // a cache line of a pixel, the best of some kernels

int64_t RowExtent(const Conv2dWindow& w) { return (w.kernel_h - 1) * w.dilation_h + 1; }

}  // namespace

DepthwiseLayout::DepthwiseLayout(const Conv2dWindow& window, size_t kernel_interleave)
    : interleave(kernel_interleave) {
  const size_t out_w = static_cast<size_t>(window.out_w);
  const size_t kernel_w = static_cast<size_t>(window.kernel_w);
  walking = window.dilation_w == 1 && window.stride_w <= 2;
  if (walking && interleave > 1) {  // a unit every second column
    next = 2;
    sharing = window.stride_w == 1 ? 2 : 1;
    groups = DivideUp(kernel_w + sharing - 1, interleave);
    group_step = interleave / 2;
    units = DivideUp(out_w, sharing) + (groups - 1) * group_step;
  } else if (walking) {
    groups = kernel_w;
    pixel_step = static_cast<size_t>(window.stride_w);
    units = (out_w - 1) * pixel_step + kernel_w;
  } else {
    next = interleave;
    groups = DivideUp(kernel_w, interleave);
    group_step = out_w;
    units = groups * out_w;
  }
}

namespace {

// Units of 16 channels as they are; lanes beyond the channels become 0.
template <class T>
void CopyColumns(const DwconvColumns<T>& columns) {
  for (size_t j = 0; j < columns.channels; j += kBlock) {
    const size_t count = std::min(kBlock, columns.channels - j);
    T* to = columns.to + j / kBlock * columns.to_block;
    for (size_t u = 0; u < columns.units; ++u, to += kBlock) {
      const T* from = columns.from[u * columns.next] + j;
      if (count == kBlock) {
        std::memcpy(to, from, kBlock * sizeof(T));  // of constant size: no call
      } else {
        std::fill(std::copy_n(from, count, to), to + kBlock, T{});
      }
    }
  }
}

}  // namespace

template <class T>
DepthwiseRows<T>::DepthwiseRows(const Conv2dWindow& window, const UnitForm<T>& form, T padding)
    : window_(window), form_(form), layout_(window, form.interleave) {
  const size_t all_blocks = DivideUp(static_cast<size_t>(window.in_c), kBlock);
  slots_ = std::min(RowExtent(window), window.in_h);
  const uint64_t block_bytes = static_cast<uint64_t>(slots_) * x_block() * sizeof(T);
  const size_t most = static_cast<size_t>(std::max<uint64_t>(1, kRingBytes / block_bytes));
  blocks_ = DivideUp(all_blocks, DivideUp(all_blocks, most));
  if (blocks_ < all_blocks && most >= kWholeBlocks) {
    const size_t whole = static_cast<size_t>(RoundUp(blocks_, kWholeBlocks));
    blocks_ = std::min(whole, most / kWholeBlocks * kWholeBlocks);
  }
  ranges_ = DivideUp(all_blocks, blocks_);
  ring_elements_ =
      (static_cast<uint64_t>(slots_) + 1) * blocks_ * x_block() + kDwconvTile * x_step();
  padding_.assign(kBlock * blocks_, padding);
}

template <class T>
size_t DepthwiseRows<T>::channels(size_t range) const {
  const size_t first = range * blocks_ * kBlock;
  return std::min(blocks_ * kBlock, static_cast<size_t>(window_.in_c) - first);
}

template <class T>
typename DepthwiseRows<T>::Ring DepthwiseRows<T>::Begin(const T* x, size_t image, size_t range,
                                                        const T** columns, T* memory) const {
  const size_t image_elements = static_cast<size_t>(window_.in_h * window_.in_w * window_.in_c);
  std::fill_n(columns, layout_.columns(), padding_.data());
  const Ring ring{x + image * image_elements + range * blocks_ * kBlock, channels(range), columns,
                  memory};
  const int64_t last = (window_.out_h - 1) * window_.stride_h + RowExtent(window_) - 1;
  if (window_.pad_top > 0 || last - window_.pad_top >= window_.in_h) Pack(ring, -1);
  return ring;
}

template <class T>
void DepthwiseRows<T>::Advance(Ring* ring, int64_t y, const T** taps) const {
  const int64_t first = y * window_.stride_h - window_.pad_top;
  const int64_t end = std::min(first + RowExtent(window_), window_.in_h);
  for (ring->next = std::max(ring->next, first); ring->next < end; ++ring->next) {
    PointColumns(*ring, ring->next);
    Pack(*ring, ring->next);
  }
  for (int64_t ky = 0; ky < window_.kernel_h; ++ky) {
    const int64_t row = first + ky * window_.dilation_h;
    const T* units = Slot(*ring, row < window_.in_h ? row : -1);
    for (size_t group = 0; group < layout_.groups; ++group) {
      *taps++ = units + group * layout_.group_step * form_.size;
    }
  }
}

// Only columns inside of the image: the others point to padding from the beginning.
template <class T>
void DepthwiseRows<T>::PointColumns(const Ring& ring, int64_t row) const {
  const T* pixels = ring.x + row * window_.in_w * window_.in_c;
  const int64_t count = static_cast<int64_t>(layout_.columns());
  if (layout_.walking) {
    const int64_t end = std::min(count, window_.in_w + window_.pad_left);
    for (int64_t i = window_.pad_left; i < end; ++i, pixels += window_.in_c)
      ring.columns[i] = pixels;
    return;
  }
  const int64_t interleave = static_cast<int64_t>(layout_.interleave);
  for (int64_t i = 0; i < count; ++i) {
    const int64_t unit = i / interleave, group = unit / window_.out_w;
    const int64_t column = unit % window_.out_w * window_.stride_w - window_.pad_left +
                           (group * interleave + i % interleave) * window_.dilation_w;
    if (column >= 0 && column < window_.in_w) ring.columns[i] = pixels + column * window_.in_c;
  }
}

// Rows above the image are padding, as are those that the caller gives a negative number.
template <class T>
T* DepthwiseRows<T>::Slot(const Ring& ring, int64_t row) const {
  const size_t slot = static_cast<size_t>(row < 0 ? slots_ : row % slots_);
  return ring.memory + slot * blocks_ * x_block();
}

template <class T>
void DepthwiseRows<T>::Pack(const Ring& ring, int64_t row) const {
  const DwconvColumns<T> columns{layout_.units, ring.channels,   ring.columns,
                                 layout_.next,  Slot(ring, row), x_block()};
  form_.pack == nullptr ? CopyColumns(columns) : form_.pack(columns);
}

template class DepthwiseRows<int8_t>;
template class DepthwiseRows<float>;

}  // namespace edgec
