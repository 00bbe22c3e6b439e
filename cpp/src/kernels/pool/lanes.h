// The loops of pool.h over the lanes of simd/: channels in blocks, the taps inside.
#ifndef EDGEC_KERNELS_POOL_LANES_H_
#define EDGEC_KERNELS_POOL_LANES_H_

#include "kernels/pool/pool.h"

namespace edgec {
namespace {

template <class F>
inline void EachTap(const PoolWindow& window, F f) {
  for (size_t y = 0; y < window.rows; ++y) {
    for (size_t x = 0; x < window.columns; ++x) {
      f(y * window.row_stride + x * window.column_stride);
    }
  }
}

// Calls block(c) for c = 0, width, 2·width …, the last one moved back so that it ends at n; n >=
// width.
template <class F>
inline void EachBlock(size_t n, size_t width, F block) {
  const size_t last = n - width;
  for (size_t c = 0; c < last; c += width) block(c);
  block(last);
}

inline void MaxPoolS8Lanes(size_t n, const PoolWindow& window, const int8_t* x, int8_t* out) {
  if (n >= sizeof(Bytes)) {
    return EachBlock(n, sizeof(Bytes), [&](size_t c) {
      Bytes most = LoadBytes(x + c);
      EachTap(window, [&](size_t tap) { most = Max(most, LoadBytes(x + tap + c)); });
      Store(out + c, most);
    });
  }
  if (n >= kLanes) {
    return EachBlock(n, kLanes, [&](size_t c) {
      S8 most = LoadS8(x + c);
      EachTap(window, [&](size_t tap) { most = Max(most, LoadS8(x + tap + c)); });
      Store(out + c, most);
    });
  }
  for (size_t c = 0; c < n; ++c) {
    int8_t most = x[c];
    EachTap(window, [&](size_t tap) { most = x[tap + c] > most ? x[tap + c] : most; });
    out[c] = most;
  }
}

inline F32 MaxOfTaps(const PoolWindow& window, const float* x, size_t n) {
  F32 most = LoadPart(x, n);
  EachTap(window, [&](size_t tap) {
    const F32 v = n == kLanes ? Load(x + tap) : LoadPart(x + tap, n);
    most = Select(IsNan(v), v, Max(v, most));
  });
  return most;
}

inline void MaxPoolF32Lanes(size_t n, const PoolWindow& window, const float* x, float* out) {
  if (n < kLanes) return StorePart(out, MaxOfTaps(window, x, n), n);
  EachBlock(n, kLanes, [&](size_t c) { Store(out + c, MaxOfTaps(window, x + c, kLanes)); });
}

template <class Vector, class T>
inline Vector SumOfTaps(const PoolWindow& window, const T* x, size_t n) {
  Vector total{};
  for (size_t y = 0; y < window.rows; ++y, x += window.row_stride) {
    for (size_t begin = 0; begin < window.columns; begin += kPoolRun) {
      const size_t left = window.columns - begin;
      const size_t count = left < kPoolRun ? left : kPoolRun;
      Vector run{};
      for (size_t i = begin; i < begin + count; ++i) {
        const T* tap = x + i * window.column_stride;
        run = run + (n == kLanes ? Load(tap) : LoadPart(tap, n));
      }
      total = total + run;
    }
  }
  return total;
}

inline void AveragePoolS8Lanes(size_t n, const PoolWindow& window, const int8_t* x,
                               const AveragePoolS8Params& params, int8_t* out) {
  const RangeLanes range = Fill(params.range);
  const F32 mult = Fill(params.mult);
  const S32 zeros = Fill(params.zero_in * static_cast<int32_t>(window.rows * window.columns));
  const auto average = [&](size_t c, size_t lanes) {
    const S32 sum = SumOfTaps<S32>(window, x + c, lanes) - zeros;
    return RoundToRange(ToF32(sum) * mult, range);
  };
  if (n < kLanes) return StorePart(out, average(0, n), n);
  EachBlock(n, kLanes, [&](size_t c) { Store(out + c, average(c, kLanes)); });
}

inline void AveragePoolF32Lanes(size_t n, const PoolWindow& window, const float* x, float divisor,
                                float* out) {
  const auto average = [&](size_t c, size_t lanes) {
    return SumOfTaps<F32>(window, x + c, lanes) / Fill(divisor);
  };
  if (n < kLanes) return StorePart(out, average(0, n), n);
  EachBlock(n, kLanes, [&](size_t c) { Store(out + c, average(c, kLanes)); });
}

}  // namespace
}  // namespace edgec
#endif  // EDGEC_KERNELS_POOL_LANES_H_
