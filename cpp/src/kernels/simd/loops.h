// Loops over rows of memory, sixteen elements at a time; nothing past a row is touched. Included by
// lanes.h.
#ifndef EDGEC_KERNELS_SIMD_LOOPS_H_
#define EDGEC_KERNELS_SIMD_LOOPS_H_

namespace edgec {
namespace {

// out[i] = f(x[i]); out may be x. The last lanes are computed before the others are stored, so they
// may overlap them.
template <class In, class Out, class F>
inline void Map(size_t n, const In* x, Out* out, F f) {
  if (n < kLanes) return StorePart(out, f(LoadPart(x, n)), n);
  const size_t last = n - kLanes;
  const auto end = f(Load(x + last));
  for (size_t i = 0; i < last; i += kLanes) Store(out + i, f(Load(x + i)));
  Store(out + last, end);
}

// out[i] = f(a[i], b[i]); out may be a or b. As in Map, the last eight are computed first.
template <class In, class Out, class F>
inline void Map2(size_t n, const In* a, const In* b, Out* out, F f) {
  if (n < kLanes) {
    StorePart(out, f(LoadPart(a, n), LoadPart(b, n)), n);
    return;
  }
  const size_t last = n - kLanes;
  const auto end = f(Load(a + last), Load(b + last));
  for (size_t i = 0; i < last; i += kLanes) Store(out + i, f(Load(a + i), Load(b + i)));
  Store(out + last, end);
}

constexpr size_t kSumRun =
    256;  // elements summed by themselves first: keeps the rounding error small

// Σ f(x[i]): lane i mod 16 of runs of 256, the runs added lane by lane, then SumLanes.
template <class F>
inline float SumRow(size_t n, const float* x, F f) {
  F32 total = Fill(0.0f);
  for (size_t begin = 0; begin < n; begin += kSumRun) {
    const size_t end = begin + kSumRun < n ? begin + kSumRun : n;
    F32 run = Fill(0.0f);
    size_t i = begin;
    for (; i + kLanes <= end; i += kLanes) run = run + f(Load(x + i));
    if (i < end) {
      float lanes[kLanes];
      Store(lanes, f(LoadPart(x + i, end - i)));
      run = run + LoadPart(lanes, end - i);
    }
    total = total + run;
  }
  return SumLanes(total);
}

inline float SumRow(size_t n, const float* x) {
  return SumRow(n, x, [](F32 v) { return v; });
}

// The greatest of x[0 .. n), NaN if one is NaN; n >= 1.
inline float MaxRow(size_t n, const float* x) {
  F32 most = Fill(x[0]);
  const auto add = [&](F32 v) { most = Select(IsNan(v), v, Max(v, most)); };
  size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) add(Load(x + i));
  if (n < kLanes) {
    for (; i < n; ++i) add(Fill(x[i]));
  } else if (i < n) {
    add(Load(x + n - kLanes));
  }
  return MaxLanes(most);
}

}  // namespace
}  // namespace edgec
#endif  // EDGEC_KERNELS_SIMD_LOOPS_H_
