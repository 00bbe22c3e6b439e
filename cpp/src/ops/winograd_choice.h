// Which winograd_s8 kernel, if any, and what it would cost.
#ifndef EDGEC_OPS_WINOGRAD_CHOICE_H_
#define EDGEC_OPS_WINOGRAD_CHOICE_H_

#include "kernels/winograd_s8/winograd_s8_table.h"
#include "ops/conv2d_igemm.h"

namespace edgec {

using WinogradS8Entry = KernelEntry<WinogradS8Multiply>;

// The tiles of 4×4 outputs of all images, in reading order.
struct WinogradTiles {
  size_t lines, columns, count;
  explicit WinogradTiles(const Conv2dWindow& window)
      : lines((static_cast<size_t>(window.out_h) + 3) / 4),
        columns((static_cast<size_t>(window.out_w) + 3) / 4),
        count(static_cast<size_t>(window.batch) * lines * columns) {}
};

// The kernel of the instruction set that igemm would use, or nullptr: another one's direct kernel
// may be far better than its Winograd.
const WinogradS8Entry* WinogradKernel(const Conv2dTask<int8_t>& task);

}  // namespace edgec
#endif  // EDGEC_OPS_WINOGRAD_CHOICE_H_
