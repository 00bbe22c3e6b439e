#include "ops/depthwise_weights.h"

#include <limits>

#include "ops/node_check.h"

namespace edgec {

bool DepthwiseWeights::Make(const Conv2dWindow& window, const KernelEntry<DwconvS8Kernel>& kernel,
                            const DepthwiseRows<int8_t>& rows, const int8_t* w,
                            const int32_t* bias) {
  w_ = w;
  bias_ = bias;
  if (kernel.pack == nullptr) return true;
  const DepthwiseLayout& layout = rows.layout();
  const size_t blocks = DivideUp(static_cast<size_t>(window.in_c), 16);
  const uint64_t block_bytes =
      static_cast<uint64_t>(window.kernel_h) * layout.groups * layout.sharing * kernel.unit;
  if (block_bytes > std::numeric_limits<size_t>::max() / 2 / blocks) return false;
  if (!units_.Allocate(blocks * block_bytes)) return false;
  for (size_t i = 0; i < rows.ranges(); ++i) {
    PackRange(window, kernel, layout, w + i * rows.blocks() * window.taps() * 16, rows.channels(i),
              reinterpret_cast<int8_t*>(units_.data()) + i * rows.blocks() * block_bytes);
  }
  w_ = reinterpret_cast<int8_t*>(units_.data());
  if (kernel.a_offset != 0) ShiftBias(w, window.taps(), blocks * 16, kernel.a_offset);
  return true;
}

// Units [channels/16][kernel_h][groups][sharing], packed as the range's inputs will be.
void DepthwiseWeights::PackRange(const Conv2dWindow& window,
                                 const KernelEntry<DwconvS8Kernel>& kernel,
                                 const DepthwiseLayout& layout, const int8_t* w, size_t channels,
                                 int8_t* to) const {
  const int8_t flip = kernel.a_offset != 0 ? int8_t{-128} : int8_t{0};
  const size_t units = static_cast<size_t>(window.kernel_h) * layout.groups * layout.sharing;
  const size_t taps = window.taps();
  std::vector<int8_t> columns(kDwconvMostInterleave * channels);
  const int8_t* from[kDwconvMostInterleave];
  for (size_t q = 0; q < kDwconvMostInterleave; ++q) from[q] = &columns[q * channels];
  for (size_t u = 0; u < units; ++u) {
    const size_t pixel = u % layout.sharing, group = u / layout.sharing % layout.groups;
    const size_t ky = u / layout.sharing / layout.groups;
    for (size_t q = 0; q < layout.interleave; ++q) {
      const int64_t kx = layout.KernelColumn(group, q, pixel);
      const bool inside = kx >= 0 && kx < window.kernel_w;
      const int8_t* tap = w + 16 * (ky * static_cast<size_t>(window.kernel_w));
      for (size_t j = 0; j < channels; ++j) {
        const size_t at = j / 16 * 16 * taps + 16 * static_cast<size_t>(inside ? kx : 0) + j % 16;
        columns[q * channels + j] = static_cast<int8_t>((inside ? tap[at] : 0) ^ flip);
      }
    }
    kernel.pack({1, channels, from, layout.interleave, to + u * kernel.unit, units * kernel.unit});
  }
}

// Sums wrap, as the kernels' do.
void DepthwiseWeights::ShiftBias(const int8_t* w, size_t taps, size_t channels, int32_t offset) {
  shifted_bias_.assign(bias_, bias_ + channels);
  for (size_t j = 0; j < channels; ++j) {
    int32_t sum = 0;
    for (size_t t = 0; t < taps; ++t) sum += w[(j / 16 * taps + t) * 16 + j % 16];
    const uint32_t shift = static_cast<uint32_t>(offset) * static_cast<uint32_t>(sum);
    shifted_bias_[j] = static_cast<int32_t>(static_cast<uint32_t>(shifted_bias_[j]) - shift);
  }
  bias_ = shifted_bias_.data();
}

}  // namespace edgec
