// Two lines at once, a pixel of each, × 16 channels. The four rows of a column are zipped into a
// unit of four registers: one sdot takes a column of the kernel for 4 channels.
//
//     rows   a ┌───┬───┬───┬───            line 0   w0 w1 w2  0   of a unit
//            b │   │   │   │ …             line 1    0 w0 w1 w2
//            c │   │   │   │
//            d └───┴───┴───┴───            units of three columns stay in registers; each serves
//              a0 b0 c0 d0 a1 b1 …         three pixels of two lines
//
// A single line has no d: its weight is 0, and c stands in for it.
#include <arm_neon.h>

#include <cassert>

#include "kernels/dwconv3x3_s8/columns_neon.h"
#include "kernels/dwconv3x3_s8/dwconv3x3_s8.h"

namespace edgec {
namespace {

struct Unit {
  int8x16_t of[4];  // 4 channels each
};

inline Unit Zip(int8x16_t a, int8x16_t b, int8x16_t c, int8x16_t d) {
  const int16x8_t ab_0 = vreinterpretq_s16_s8(vzip1q_s8(a, b));
  const int16x8_t ab_8 = vreinterpretq_s16_s8(vzip2q_s8(a, b));
  const int16x8_t cd_0 = vreinterpretq_s16_s8(vzip1q_s8(c, d));
  const int16x8_t cd_8 = vreinterpretq_s16_s8(vzip2q_s8(c, d));
  return {
      {vreinterpretq_s8_s16(vzip1q_s16(ab_0, cd_0)), vreinterpretq_s8_s16(vzip2q_s16(ab_0, cd_0)),
       vreinterpretq_s8_s16(vzip1q_s16(ab_8, cd_8)), vreinterpretq_s8_s16(vzip2q_s16(ab_8, cd_8))}};
}

template <size_t kLines, bool kRelu>
struct Tile {
  using Column = Unit;
  static constexpr size_t kRows = kLines + 2;

  __attribute__((always_inline)) static inline Unit Load(const int8_t* const* from) {
    const int8x16_t c = vld1q_s8(from[2]);
    return Zip(vld1q_s8(from[0]), vld1q_s8(from[1]), c,
               kLines == 2 ? vld1q_s8(from[kRows - 1]) : c);
  }

  __attribute__((always_inline)) static inline void Pixel(const Unit& x_0, const Unit& x_1,
                                                          const Unit& x_2,
                                                          const Dwconv3x3Channels& of, int8_t* y,
                                                          size_t y_line) {
    const Unit* const x[3] = {&x_0, &x_1, &x_2};
    int32x4_t acc[kLines][4];
    LoadStarts<kLines>(of.start, acc);
    const int8_t* w = of.w;
#pragma GCC unroll 8
    for (size_t k = 0; k < 3; ++k) {
#pragma GCC unroll 8
      for (size_t line = 0; line < kLines; ++line) {
#pragma GCC unroll 8
        for (size_t four = 0; four < 4; ++four) {
          const int8x16_t w_four = vld1q_s8(w + 192 * line + 64 * k + 16 * four);
          acc[line][four] = vdotq_s32(acc[line][four], x[k]->of[four], w_four);
        }
      }
    }
    Finish<kLines, kRelu>(acc, of, y, y_line);
  }
};

template <bool kRelu>
Dwconv3x3Run* RunOf(const Dwconv3x3S8Lines& lines) {
  if (lines.lines == 2) return RunLine<Tile<2, kRelu>, 1>;
  return lines.stride_w == 1 ? RunLine<Tile<1, kRelu>, 1> : RunLine<Tile<1, kRelu>, 2>;
}

}  // namespace

// [line][column][channel][row]
void dwconv3x3_s8_2x16_neondot_pack(const int8_t* w, int8_t* block) {
  for (size_t line = 0; line < 2; ++line) {
    for (size_t k = 0; k < 3; ++k) {
      for (size_t p = 0; p < 16; ++p, block += 4) {
        block[line == 0 ? 3 : 0] = 0;
        for (size_t r = 0; r < 3; ++r) block[line + r] = w[16 * (3 * r + k) + p];
      }
    }
  }
}

void dwconv3x3_s8_2x16_neondot(const Dwconv3x3S8Lines& lines, const Dwconv3x3S8Params& params) {
  assert(lines.lines <= 2 && lines.pixels >= 1 && lines.channels >= 16);
  const bool relu = RequantFormOf(params.requant) == RequantForm::kRelu;
  ForBlocks(lines, params, 384, relu ? RunOf<true>(lines) : RunOf<false>(lines));
}

}  // namespace edgec
