// 1 tile × 16 columns in plain C++: the reference of the family. Sums are unsigned, so that they
// wrap.
#include <cassert>
#include <cstring>

#include "kernels/requant/tail.h"
#include "kernels/winograd_s8/transform.h"

namespace edgec {
namespace {

struct S16x8 {
  static constexpr size_t kLanes = 8;
  int16_t v[8];
  static S16x8 Load(const int8_t* from) { return LoadPart(from, 8); }
  static S16x8 LoadPart(const int8_t* from, size_t n) {
    S16x8 lanes{};
    for (size_t i = 0; i < n; ++i) lanes.v[i] = from[i];
    return lanes;
  }
  void Store(int16_t* to) const { std::memcpy(to, v, sizeof(v)); }
};
// The loops of all operators, over values that stay far inside int16 (winograd_s8.h).
template <class F>
inline S16x8 EachLane(S16x8 a, S16x8 b, F f) {
  S16x8 result;
  for (size_t i = 0; i < 8; ++i) result.v[i] = static_cast<int16_t>(f(a.v[i], b.v[i]));
  return result;
}
inline S16x8 operator+(S16x8 a, S16x8 b) {
  return EachLane(a, b, [](int x, int y) { return x + y; });
}
inline S16x8 operator-(S16x8 a, S16x8 b) {
  return EachLane(a, b, [](int x, int y) { return x - y; });
}
inline S16x8 Times2(S16x8 a) { return a + a; }
inline S16x8 Times4(S16x8 a) { return Times2(a) + Times2(a); }

struct S32x1 {
  uint32_t v;
  static S32x1 Load(const int32_t* from) { return {static_cast<uint32_t>(*from)}; }
  template <int kShift>
  S32x1 Unscale() const {
    return {static_cast<uint32_t>(static_cast<int32_t>(v * kInverseOf9) >> kShift)};
  }
};
inline S32x1 operator+(S32x1 a, S32x1 b) { return {a.v + b.v}; }
inline S32x1 operator-(S32x1 a, S32x1 b) { return {a.v - b.v}; }
inline S32x1 Times2(S32x1 a) { return {a.v * 2}; }
inline S32x1 Times4(S32x1 a) { return {a.v * 4}; }

// One position of one tile.
void MultiplyTile(size_t depth, const int16_t* v, const int16_t* u, int32_t* m) {
  uint32_t acc[16] = {};
  for (size_t p = 0; p < depth; ++p, u += 16) {
    for (size_t j = 0; j < 16; ++j) acc[j] += static_cast<uint32_t>(v[p] * u[j]);
  }
  std::memcpy(m, acc, sizeof(acc));
}

}  // namespace

void winograd_s8_1x16_portable_input(const int8_t* const* lines, size_t pixel, size_t channels,
                                     int16_t* v) {
  const size_t depth = DepthOf(channels);
  const size_t c = InputWhole<S16x8>(lines, pixel, 0, channels, v, depth);
  InputRest<S16x8>(lines, pixel, c, channels, v, depth);
}

void winograd_s8_1x16_portable_multiply(size_t tiles, size_t blocks, size_t depth, const int16_t* v,
                                        size_t v_stride, const int16_t* u, int32_t* m) {
  assert(tiles >= 1 && blocks == 1 && depth % 8 == 0);
  (void)blocks;
  for (size_t i = 0; i < tiles; ++i, v += v_stride) {
    for (size_t at = 0; at < kWinogradPositions; ++at, m += 16) {
      MultiplyTile(depth, v + at * depth, u + at * depth * 16, m);
    }
  }
}

void winograd_s8_1x16_portable_output(const int32_t* m, size_t n, const WinogradS8Tile* tile,
                                      int8_t* y, const WinogradS8Params* params) {
  for (size_t j = 0; j < n; ++j) {
    OutputLanes<S32x1>(m + j, params->bias + j, [&](size_t row, size_t column, S32x1 acc) {
      if (row >= tile->rows || column >= tile->columns) return;
      y[row * tile->line + column * tile->pixel + j] =
          RequantizeS8(static_cast<int32_t>(acc.v), params->requant.mult[j], params->requant);
    });
  }
}

}  // namespace edgec
