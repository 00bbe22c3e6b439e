#include "ops/depthwise_weights.h"

#include <limits>

namespace edgec {

bool DepthwiseWeights::Make(const Conv2dWindow& window, const KernelEntry<DwconvS8Kernel>& kernel,
                            const int8_t* w, const int32_t* bias) {
  w_ = w;
  bias_ = bias;
  if (kernel.pack == nullptr) return true;
  const DepthwiseLayout layout(window, kernel.interleave);
  const size_t blocks = (static_cast<size_t>(window.in_c) + 15) / 16;
  const uint64_t block_bytes =
      static_cast<uint64_t>(window.kernel_h) * layout.groups * layout.sharing * kernel.unit;
  if (block_bytes > std::numeric_limits<size_t>::max() / 2 / blocks) return false;
  if (!units_.Allocate(blocks * block_bytes)) return false;
  for (size_t i = 0; i < blocks; ++i) {
    PackBlock(window, kernel, w + i * window.taps() * 16,
              reinterpret_cast<int8_t*>(units_.data()) + i * block_bytes);
  }
  w_ = reinterpret_cast<int8_t*>(units_.data());
  if (kernel.a_offset != 0) ShiftBias(w, window.taps(), blocks * 16, kernel.a_offset);
  return true;
}

// Units [kernel_h][groups][sharing] of 16 channels.
void DepthwiseWeights::PackBlock(const Conv2dWindow& window,
                                 const KernelEntry<DwconvS8Kernel>& kernel, const int8_t* w,
                                 int8_t* to) const {
  const DepthwiseLayout layout(window, kernel.interleave);
  const int8_t flip = kernel.a_offset != 0 ? int8_t{-128} : int8_t{0};
  const size_t units = static_cast<size_t>(window.kernel_h) * layout.groups * layout.sharing;
  int8_t columns[kDwconvMostInterleave][16];
  const int8_t* from[kDwconvMostInterleave] = {columns[0], columns[1], columns[2], columns[3]};
  for (size_t u = 0; u < units; ++u, to += kernel.unit) {
    const size_t pixel = u % layout.sharing, group = u / layout.sharing % layout.groups;
    const int8_t* row =
        w + u / layout.sharing / layout.groups * 16 * static_cast<size_t>(window.kernel_w);
    for (size_t q = 0; q < layout.interleave; ++q) {
      const int64_t kx = layout.KernelColumn(group, q, pixel);
      const bool inside = kx >= 0 && kx < window.kernel_w;
      for (size_t j = 0; j < 16; ++j) {
        columns[q][j] =
            static_cast<int8_t>((inside ? row[16 * kx + static_cast<int64_t>(j)] : 0) ^ flip);
      }
    }
    kernel.pack({1, 16, from, layout.interleave, to, 0});
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
