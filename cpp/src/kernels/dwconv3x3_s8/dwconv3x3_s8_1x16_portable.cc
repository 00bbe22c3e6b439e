// 1 pixel × 16 channels in plain C++: the reference of the family. Sums are unsigned, so that they
// wrap.
#include <cassert>
#include <cstring>

#include "kernels/dwconv3x3_s8/dwconv3x3_s8.h"

namespace edgec {
namespace {

// A column outside of the image takes no part in the loop over rows: it is the same in each.
void AddColumn(const Dwconv3x3S8Lines& lines, ptrdiff_t column, size_t j, const int8_t* w,
               uint32_t* acc) {
  const bool inside = column >= 0 && column < static_cast<ptrdiff_t>(lines.width);
  for (size_t r = 0; r < 3; ++r) {
    const int8_t* x = lines.rows[r] + (inside ? column : 0) * lines.channels + j;
    for (size_t p = 0; p < 16; ++p) {
      const int32_t value = inside ? x[p] : lines.padding;
      acc[p] += static_cast<uint32_t>(value * w[48 * r + p]);
    }
  }
}

void Pixel(const Dwconv3x3S8Lines& lines, size_t i, size_t j, const int8_t* w,
           const Dwconv3x3S8Params& params) {
  const RequantS8& q = params.requant;
  uint32_t acc[16];
  for (size_t p = 0; p < 16; ++p) acc[p] = static_cast<uint32_t>(params.bias[j + p]);
  const ptrdiff_t first = static_cast<ptrdiff_t>(i * lines.stride_w) - lines.pad_left;
  for (size_t k = 0; k < 3; ++k) {
    AddColumn(lines, first + static_cast<ptrdiff_t>(k), j, w + 16 * k, acc);
  }
  int8_t* y = lines.y + i * lines.channels + j;
  for (size_t p = 0; p < 16; ++p) {
    y[p] = RequantizeS8(static_cast<int32_t>(acc[p]), q.mult[j + p], q);
  }
}

}  // namespace

void dwconv3x3_s8_1x16_portable_pack(const int8_t* w, int8_t* block) { std::memcpy(block, w, 144); }

void dwconv3x3_s8_1x16_portable(const Dwconv3x3S8Lines& lines, const Dwconv3x3S8Params& params) {
  assert(lines.lines == 1 && lines.pixels >= 1 && lines.channels >= 16);
  for (size_t j = 0; j < lines.channels; j += 16) {
    for (size_t i = 0; i < lines.pixels; ++i) {
      Pixel(lines, i, Dwconv3x3Block(j, lines.channels), lines.w + 9 * j, params);
    }
  }
}

}  // namespace edgec
