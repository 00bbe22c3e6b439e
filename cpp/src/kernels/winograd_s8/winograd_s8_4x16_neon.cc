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
  static constexpr size_t kLanes = 4;
  int32x4_t v;
  static S32x4 Load(const int32_t* from) { return {vld1q_s32(from)}; }
  template <int kShift>
  S32x4 Unscale() const {
    const int32x4_t inverse = vdupq_n_s32(static_cast<int32_t>(kInverseOf9));
    return {vshrq_n_s32(vmulq_s32(v, inverse), kShift)};
  }
  void Store(int8_t* to, size_t n, const float* mult, const RequantS8& q) const {
    const int16x4_t s16 = vmovn_s32(RequantizeS8x4Neon(v, mult, q));
    const int32x2_t s8 = vreinterpret_s32_s8(vmovn_s16(vcombine_s16(s16, s16)));
    const int32_t four = vget_lane_s32(s8, 0);
    if (n >= 4) {
      std::memcpy(to, &four, sizeof(four));
    } else {
      StoreUpTo8(to, static_cast<uint32_t>(four), n);
    }
  }
};
inline S32x4 operator+(S32x4 a, S32x4 b) { return {vaddq_s32(a.v, b.v)}; }
inline S32x4 operator-(S32x4 a, S32x4 b) { return {vsubq_s32(a.v, b.v)}; }
inline S32x4 Times2(S32x4 a) { return a + a; }
inline S32x4 Times4(S32x4 a) { return {vshlq_n_s32(a.v, 2)}; }

// Channel kLane of four: 16 columns of each tile.
template <size_t kTiles, int kLane>
inline void AddChannel(const int16x4_t* v, const int16_t* u, int32x4_t (*acc)[4]) {
#pragma GCC unroll 4
  for (size_t f = 0; f < 4; ++f) {
    const int16x4_t u_f = vld1_s16(u + 16 * kLane + 4 * f);
#pragma GCC unroll 4
    for (size_t i = 0; i < kTiles; ++i) acc[i][f] = vmlal_lane_s16(acc[i][f], u_f, v[i], kLane);
  }
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
  for (size_t p = 0; p < depth; p += 4, u += 64) {
    int16x4_t v_p[kTiles];
#pragma GCC unroll 4
    for (size_t i = 0; i < kTiles; ++i) v_p[i] = vld1_s16(row[i] + p);
    AddChannel<kTiles, 0>(v_p, u, acc);
    AddChannel<kTiles, 1>(v_p, u, acc);
    AddChannel<kTiles, 2>(v_p, u, acc);
    AddChannel<kTiles, 3>(v_p, u, acc);
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
  OutputTile<S32x4>(m, n, *tile, y, *params);
}

}  // namespace edgec
