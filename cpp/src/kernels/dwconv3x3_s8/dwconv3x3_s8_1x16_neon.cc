// 1 pixel × 16 channels; the products of two taps are added before they are widened (taps_neon.h).
//
//     pairs of taps   0 0 1     of the three columns, which stay in registers: 4 pairs and one
//                     2 2 1     that is left
//                     3 3 ·
#include <arm_neon.h>

#include <cassert>
#include <cstring>

#include "kernels/dwconv3x3_s8/columns_neon.h"
#include "kernels/dwconv3x3_s8/dwconv3x3_s8.h"
#include "kernels/dwconv_s8/taps_neon.h"

namespace edgec {
namespace {

template <bool kRelu>
struct Tile {
  struct Column {
    int8x16_t of[3];  // rows
  };
  static constexpr size_t kRows = 3;

  __attribute__((always_inline)) static inline Column Load(const int8_t* const* from) {
    return {{vld1q_s8(from[0]), vld1q_s8(from[1]), vld1q_s8(from[2])}};
  }

  __attribute__((always_inline)) static inline void Pixel(const Column& x_0, const Column& x_1,
                                                          const Column& x_2,
                                                          const Dwconv3x3Channels& of, int8_t* y,
                                                          size_t y_line) {
    int32x4_t acc[1][4];
    LoadStarts<1>(of.start, acc);
    int8x16_t w[9];  // [row][column]
#pragma GCC unroll 16
    for (size_t t = 0; t < 9; ++t) w[t] = vld1q_s8(of.w + 16 * t);
    AddTapPair(x_0.of[0], w[0], x_1.of[0], w[1], acc[0]);
    AddTapPair(x_2.of[0], w[2], x_2.of[1], w[5], acc[0]);
    AddTapPair(x_0.of[1], w[3], x_1.of[1], w[4], acc[0]);
    AddTapPair(x_0.of[2], w[6], x_1.of[2], w[7], acc[0]);
    AddTap(x_2.of[2], w[8], acc[0]);
    Finish<1, kRelu>(acc, of, y, y_line);
  }
};

template <bool kRelu>
Dwconv3x3Run* RunOf(const Dwconv3x3S8Lines& lines) {
  return lines.stride_w == 1 ? RunLine<Tile<kRelu>, 1> : RunLine<Tile<kRelu>, 2>;
}

}  // namespace

void dwconv3x3_s8_1x16_neon_pack(const int8_t* w, int8_t* block) { std::memcpy(block, w, 144); }

void dwconv3x3_s8_1x16_neon(const Dwconv3x3S8Lines& lines, const Dwconv3x3S8Params& params) {
  assert(lines.lines == 1 && lines.pixels >= 1 && lines.channels >= 16);
  const bool relu = RequantFormOf(params.requant) == RequantForm::kRelu;
  ForBlocks(lines, params, 144, relu ? RunOf<true>(lines) : RunOf<false>(lines));
}

}  // namespace edgec
