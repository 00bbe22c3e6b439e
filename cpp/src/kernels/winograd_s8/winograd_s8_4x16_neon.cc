// 4 tiles × 16 columns: smlal by lane multiplies 4 columns by one channel of a tile. 16 registers
// of sums, 4 of channels, 4 of weights; all loads are of 64 bits, which smlal takes as they are:
//
//   v[i]      │c0│c1│c2│c3│                             int16, one tile's channels
//   u[f]      │ column 4f │ 4f+1 │ 4f+2 │ 4f+3 │        int16, one channel
//   acc[i][f] │ column 4f │ …    │      │      │        int32 += u[f] · v[i][lane]
#include <arm_neon.h>

#include <cassert>

#include "kernels/requant/requant_neon.h"
#include "kernels/winograd_s8/transform.h"

namespace edgec {
namespace {

constexpr size_t kMostTiles = 4;

struct S16x8 {
  static constexpr size_t kLanes = 8;
  int16x8_t v;
  static S16x8 Load(const int8_t* from) { return {vmovl_s8(vld1_s8(from))}; }
  static S16x8 LoadPart(const int8_t* from, size_t n) {
    return {vmovl_s8(vcreate_s8(LoadUpTo8(from, n)))};
  }
  void Store(int16_t* to) const { vst1q_s16(to, v); }
};
inline S16x8 operator+(S16x8 a, S16x8 b) { return {vaddq_s16(a.v, b.v)}; }
inline S16x8 operator-(S16x8 a, S16x8 b) { return {vsubq_s16(a.v, b.v)}; }
inline S16x8 Times2(S16x8 a) { return a + a; }
inline S16x8 Times4(S16x8 a) { return {vshlq_n_s16(a.v, 2)}; }

struct S32x4 {
  int32x4_t v;
  static S32x4 Load(const int32_t* from) { return {vld1q_s32(from)}; }
  template <int kShift>
  S32x4 Unscale() const {
    const int32x4_t inverse = vdupq_n_s32(static_cast<int32_t>(kInverseOf9));
    return {vshrq_n_s32(vmulq_s32(v, inverse), kShift)};
  }
  void Store(int32_t* to) const { vst1q_s32(to, v); }
};
inline S32x4 operator+(S32x4 a, S32x4 b) { return {vaddq_s32(a.v, b.v)}; }
inline S32x4 operator-(S32x4 a, S32x4 b) { return {vsubq_s32(a.v, b.v)}; }
inline S32x4 Times2(S32x4 a) { return a + a; }
inline S32x4 Times4(S32x4 a) { return {vshlq_n_s32(a.v, 2)}; }

// Channel kLane of four: 16 columns of each tile. Returns where the next channel's weights are, by
// a way that GCC cannot see through: it would load them early, and run out of registers.
template <size_t kTiles, int kLane>
inline const int16_t* AddChannel(const int16x4_t* v, const int16_t* u, int32x4_t (*acc)[4]) {
#pragma GCC unroll 4
  for (size_t f = 0; f < 4; ++f) {
    const int16x4_t u_f = vld1_s16(u + 4 * f);
#pragma GCC unroll 4
    for (size_t i = 0; i < kTiles; ++i) acc[i][f] = vmlal_lane_s16(acc[i][f], u_f, v[i], kLane);
  }
  __asm__("" : "+r"(u));
  return u + 16;
}

// One position of kTiles tiles.
template <size_t kTiles>
void MultiplyTiles(size_t depth, const int16_t* v, size_t v_stride, const int16_t* u, int32_t* m) {
  int32x4_t acc[kTiles][4];
#pragma GCC unroll 4
  for (auto& tile : acc) tile[0] = tile[1] = tile[2] = tile[3] = vdupq_n_s32(0);
  const int16_t* row[kTiles];
#pragma GCC unroll 4
  for (size_t i = 0; i < kTiles; ++i) row[i] = v + i * v_stride;
  for (size_t p = 0; p < depth; p += 4) {
    int16x4_t v_p[kTiles];
#pragma GCC unroll 4
    for (size_t i = 0; i < kTiles; ++i) v_p[i] = vld1_s16(row[i] + p);
    u = AddChannel<kTiles, 0>(v_p, u, acc);
    u = AddChannel<kTiles, 1>(v_p, u, acc);
    u = AddChannel<kTiles, 2>(v_p, u, acc);
    u = AddChannel<kTiles, 3>(v_p, u, acc);
  }
#pragma GCC unroll 4
  for (size_t i = 0; i < kTiles; ++i) {
#pragma GCC unroll 4
    for (size_t f = 0; f < 4; ++f) vst1q_s32(m + i * kWinogradPositions * 16 + 4 * f, acc[i][f]);
  }
}

}  // namespace

void winograd_s8_4x16_neon_input(const int8_t* const* lines, size_t pixel, size_t channels,
                                 int16_t* v) {
  const size_t depth = DepthOf(channels);
  const size_t c = InputWhole<S16x8>(lines, pixel, 0, channels, v, depth);
  InputRest<S16x8>(lines, pixel, c, channels, v, depth);
}

void winograd_s8_4x16_neon_multiply(size_t tiles, size_t blocks, size_t depth, const int16_t* v,
                                    size_t v_stride, const int16_t* u, int32_t* m) {
  assert(tiles >= 1 && blocks == 1 && depth % 8 == 0);
  (void)blocks;
  static constexpr decltype(&MultiplyTiles<1>) kTiles[] = {MultiplyTiles<1>, MultiplyTiles<2>,
                                                           MultiplyTiles<3>, MultiplyTiles<4>};
  for (size_t at = 0; at < kWinogradPositions; ++at) {
    for (size_t i = 0; i < tiles; i += kMostTiles) {
      const size_t now = tiles - i < kMostTiles ? tiles - i : kMostTiles;
      kTiles[now - 1](depth, v + i * v_stride + at * depth, v_stride, u + at * depth * 16,
                      m + (i * kWinogradPositions + at) * 16);
    }
  }
}

void winograd_s8_4x16_neon_output(const int32_t* m, size_t n, const WinogradS8Tile* tile, int8_t* y,
                                  const WinogradS8Params* params) {
  int32_t acc[4][4][16];
  for (size_t j = 0; j < 16; j += 4) {
    OutputLanes<S32x4>(m + j, params->bias + j, [&](size_t row, size_t column, S32x4 sums) {
      sums.Store(&acc[row][column][j]);
    });
  }
  const RequantS8 q = params->requant;
  const WinogradS8Tile part = *tile;
  for (size_t row = 0; row < part.rows; ++row) {
    for (size_t column = 0; column < part.columns; ++column) {
      int32x4_t sums[4];
#pragma GCC unroll 4
      for (size_t f = 0; f < 4; ++f) sums[f] = vld1q_s32(&acc[row][column][4 * f]);
      StoreS8Neon(y + row * part.line + column * part.pixel, RequantizeS8x16Neon(sums, q.mult, q),
                  n);
    }
  }
}

}  // namespace edgec
