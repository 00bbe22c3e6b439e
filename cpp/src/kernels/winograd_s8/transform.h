// The transforms of a tile, written once over the lanes of an instruction set; see winograd_s8.h.
// Included by kernel files: everything lies in an unnamed namespace, compiled with their flags.
//
// A file's lanes are structs with kLanes and
//     S16: Load(const int8_t*), LoadPart(const int8_t*, n < kLanes), Store(int16_t*), + − Times2/4
//     S32: Load(const int32_t*), + − Times2/4, Unscale<shift>(): (x · kInverseOf9) >> shift
#ifndef EDGEC_KERNELS_WINOGRAD_S8_TRANSFORM_H_
#define EDGEC_KERNELS_WINOGRAD_S8_TRANSFORM_H_

#include "kernels/winograd_s8/winograd_s8.h"

namespace edgec {
namespace {

template <class T>
struct Six {
  T v[6];
};

template <class T>
struct Four {
  T v[4];
};

// Bᵀ d
template <class T>
inline __attribute__((always_inline)) Six<T> InputLine(const Six<T>& d) {
  const T even = d.v[4] - Times4(d.v[2]), odd = d.v[3] - Times4(d.v[1]);
  const T near = d.v[4] - d.v[2], twice = Times2(d.v[3] - d.v[1]);
  const T first = Times4(d.v[0] - d.v[2]) + near;
  const T last = (d.v[5] - d.v[3]) - Times2(twice);
  return {{first, even + odd, even - odd, near + twice, near - twice, last}};
}

// Aᵀ m
template <class T>
inline __attribute__((always_inline)) Four<T> OutputLine(const Six<T>& m) {
  const T p = m.v[1] + m.v[2], q = m.v[1] - m.v[2];
  const T r = m.v[3] + m.v[4], s = m.v[3] - m.v[4];
  return {{m.v[0] + Times4(p) + r, Times2(q) + s, p + r, q + Times2(s) + m.v[5]}};
}

// kLanes channels of a tile, or the first n < kLanes of them, the others zero.
template <class S16, bool kAll>
inline __attribute__((always_inline)) void InputLanes(const int8_t* const* lines, size_t pixel,
                                                      size_t n, int16_t* v, size_t depth) {
  Six<S16> columns[6];
#pragma GCC unroll 6
  for (size_t x = 0; x < 6; ++x) {
    Six<S16> d;
#pragma GCC unroll 6
    for (size_t y = 0; y < 6; ++y) {
      const int8_t* from = lines[y] + x * pixel;
      d.v[y] = kAll ? S16::Load(from) : S16::LoadPart(from, n);
    }
    columns[x] = InputLine(d);
  }
#pragma GCC unroll 6
  for (size_t y = 0; y < 6; ++y) {
    Six<S16> d;
#pragma GCC unroll 6
    for (size_t x = 0; x < 6; ++x) d.v[x] = columns[x].v[y];
    const Six<S16> row = InputLine(d);
#pragma GCC unroll 6
    for (size_t x = 0; x < 6; ++x) row.v[x].Store(v + (6 * y + x) * depth);
  }
}

// Channels from `c` on in whole registers; returns how far that came.
template <class S16>
inline size_t InputWhole(const int8_t* const* lines, size_t pixel, size_t c, size_t channels,
                         int16_t* v, size_t depth) {
  for (; c + S16::kLanes <= channels; c += S16::kLanes) {
    const int8_t* at[6];
#pragma GCC unroll 6
    for (size_t y = 0; y < 6; ++y) at[y] = lines[y] + c;
    InputLanes<S16, true>(at, pixel, S16::kLanes, v + c, depth);
  }
  return c;
}

// The last channels, fewer than the 8 lanes of S16.
template <class S16>
inline void InputRest(const int8_t* const* lines, size_t pixel, size_t c, size_t channels,
                      int16_t* v, size_t depth) {
  static_assert(S16::kLanes == 8, "depth is a multiple of 8");
  if (c == channels) return;
  const int8_t* at[6];
  for (size_t y = 0; y < 6; ++y) at[y] = lines[y] + c;
  InputLanes<S16, false>(at, pixel, channels - c, v + c, depth);
}

inline size_t DepthOf(size_t channels) { return (channels + 7) / 8 * 8; }

// Row kRow of the outputs: exact accumulators, for emit(row, column, accumulators).
template <size_t kRow, class S32, class Emit>
inline __attribute__((always_inline)) void OutputRow(const Four<S32>* columns, const Emit& emit) {
  constexpr int kShift = kRow == 0 ? 4 : kRow == 1 ? 3 : 2;
  Six<S32> m;
#pragma GCC unroll 6
  for (size_t x = 0; x < 6; ++x) m.v[x] = columns[x].v[kRow];
  const Four<S32> row = OutputLine(m);
  emit(kRow, 0, row.v[0].template Unscale<kShift + 2>());
  emit(kRow, 1, row.v[1].template Unscale<kShift + 1>());
  emit(kRow, 2, row.v[2].template Unscale<kShift>());
  emit(kRow, 3, row.v[3].template Unscale<kShift>());
}

// kLanes columns of a tile, from `m` and `bias` on.
template <class S32, class Emit>
inline __attribute__((always_inline)) void OutputLanes(const int32_t* m, const int32_t* bias,
                                                       const Emit& emit) {
  Four<S32> columns[6];
#pragma GCC unroll 6
  for (size_t x = 0; x < 6; ++x) {
    Six<S32> d;
#pragma GCC unroll 6
    for (size_t y = 0; y < 6; ++y) d.v[y] = S32::Load(m + (6 * y + x) * 16);
    if (x == 1) d.v[1] = d.v[1] + S32::Load(bias);
    columns[x] = OutputLine(d);
  }
  OutputRow<0>(columns, emit);
  OutputRow<1>(columns, emit);
  OutputRow<2>(columns, emit);
  OutputRow<3>(columns, emit);
}

}  // namespace
}  // namespace edgec
#endif  // EDGEC_KERNELS_WINOGRAD_S8_TRANSFORM_H_
