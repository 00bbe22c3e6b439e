// 1 pixel × 16 channels. The products of two taps are added in int16 before they are widened: with
// weights in [−127, 127] their sum is at most 2 · 128 · 127 = 32512 in magnitude, so it is exact.
//
//     pairs of taps   0 0 1     of the three columns, which stay in registers: 4 pairs and one
//                     2 2 1     that is left
//                     3 3 ·
#include <arm_neon.h>

#include <cassert>
#include <cstring>

#include "kernels/dwconv3x3_s8/columns_neon.h"
#include "kernels/dwconv3x3_s8/dwconv3x3_s8.h"

namespace edgec {
namespace {

#ifdef __aarch64__
inline int16x8_t MultiplyHigh(int8x16_t x, int8x16_t w) { return vmull_high_s8(x, w); }
inline int16x8_t AddProductsHigh(int16x8_t sums, int8x16_t x, int8x16_t w) {
  return vmlal_high_s8(sums, x, w);
}
#else
inline int16x8_t MultiplyHigh(int8x16_t x, int8x16_t w) {
  return vmull_s8(vget_high_s8(x), vget_high_s8(w));
}
inline int16x8_t AddProductsHigh(int16x8_t sums, int8x16_t x, int8x16_t w) {
  return vmlal_s8(sums, vget_high_s8(x), vget_high_s8(w));
}
#endif

// acc[c] holds channels 4·c .. 4·c+3.
inline void Widen(int16x8_t low, int16x8_t high, int32x4_t* acc) {
  acc[0] = vaddw_s16(acc[0], vget_low_s16(low));
  acc[1] = vaddw_s16(acc[1], vget_high_s16(low));
  acc[2] = vaddw_s16(acc[2], vget_low_s16(high));
  acc[3] = vaddw_s16(acc[3], vget_high_s16(high));
}

inline void AddTap(int8x16_t x, const int8_t* w_of, int32x4_t* acc) {
  const int8x16_t w = vld1q_s8(w_of);
  Widen(vmull_s8(vget_low_s8(x), vget_low_s8(w)), MultiplyHigh(x, w), acc);
}

inline void AddTapPair(int8x16_t x_0, const int8_t* w_of_0, int8x16_t x_1, const int8_t* w_of_1,
                       int32x4_t* acc) {
  const int8x16_t w_0 = vld1q_s8(w_of_0), w_1 = vld1q_s8(w_of_1);
  const int16x8_t low = vmull_s8(vget_low_s8(x_0), vget_low_s8(w_0));
  Widen(vmlal_s8(low, vget_low_s8(x_1), vget_low_s8(w_1)),
        AddProductsHigh(MultiplyHigh(x_0, w_0), x_1, w_1), acc);
}

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
    const int8_t* w = of.w;  // [row][column]
    AddTapPair(x_0.of[0], w, x_1.of[0], w + 16, acc[0]);
    AddTapPair(x_2.of[0], w + 32, x_2.of[1], w + 80, acc[0]);
    AddTapPair(x_0.of[1], w + 48, x_1.of[1], w + 64, acc[0]);
    AddTapPair(x_0.of[2], w + 96, x_1.of[2], w + 112, acc[0]);
    AddTap(x_2.of[2], w + 128, acc[0]);
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
