// The loops of softmax.h over the lanes of simd/.
#ifndef EDGEC_KERNELS_SOFTMAX_LANES_H_
#define EDGEC_KERNELS_SOFTMAX_LANES_H_

#include "kernels/simd/math.h"
#include "kernels/softmax/softmax.h"

namespace edgec {
namespace {

inline void SoftmaxF32Lanes(size_t n, const float* x, float* out) {
  const F32 most = Fill(MaxRow(n, x));
  Map(n, x, out, [=](F32 v) { return Exp(v - most); });
  const F32 factor = Fill(1.0f / SumRow(n, out));
  Map(n, out, out, [=](F32 e) { return e * factor; });
}

// The greatest of x[0 .. n).
template <class Register, class LoadRegister>
inline int32_t MaxRow(size_t n, const int8_t* x, LoadRegister load) {
  const size_t last = n - sizeof(Register);
  Register most = load(x + last);
  for (size_t i = 0; i < last; i += sizeof(Register)) most = Max(most, load(x + i));
  return MaxLanes(most);
}
inline int32_t MaxRow(size_t n, const int8_t* x) {
  if (n >= sizeof(Bytes)) return MaxRow<Bytes>(n, x, LoadBytes);
  if (n >= sizeof(S8)) return MaxRow<S8>(n, x, LoadS8);
  int32_t most = x[0];
  for (size_t i = 1; i < n; ++i) most = x[i] > most ? x[i] : most;
  return most;
}

// found[i] = lut[most − x[i]], and their sum. The eight bytes of a word are subtracted in one
// operation, for none borrows from its neighbour: u = x + 128 is at most most + 128.
inline uint64_t LookUpWords(size_t n, const int8_t* x, int32_t most, const uint32_t* lut,
                            int32_t* found) {
  constexpr uint64_t kOnes = 0x0101010101010101u;
  const uint64_t top = kOnes * static_cast<uint64_t>(most + 128);
  uint64_t sums[2] = {0, 0};
  size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    uint64_t word;
    std::memcpy(&word, x + i, 8);
    const uint64_t below = top - (word ^ (kOnes * 0x80));
    for (size_t j = 0; j < 8; ++j) {
      const uint32_t entry = lut[below >> (8 * j) & 0xFF];
      found[i + j] = static_cast<int32_t>(entry);
      sums[j % 2] += entry;
    }
  }
  for (; i < n; ++i) {
    const uint32_t entry = lut[most - x[i]];
    found[i] = static_cast<int32_t>(entry);
    sums[0] += entry;
  }
  return sums[0] + sums[1];
}

// A row goes through a buffer of this many table entries; a longer one is looked up twice.
constexpr size_t kPart = 1024;

// `look_up(count, x, most, found)` stores lut[most − x[i]] and returns their sum; found holds a
// multiple of 16.
template <class F>
inline void SoftmaxS8Lanes(size_t n, const int8_t* x, const SoftmaxS8Params& params, int8_t* out,
                           F look_up) {
  int32_t found[kPart];
  const int32_t most = MaxRow(n, x);
  const auto part_at = [n](size_t begin) { return n - begin < kPart ? n - begin : kPart; };
  uint64_t sum = 0;
  for (size_t i = 0; i < n; i += kPart) sum += look_up(part_at(i), x + i, most, found);
  // Only zeros sum up to 0: they stay 0, and need no care for 0 · infinity.
  const F32 factor = Fill(sum == 0 ? 0.0f : params.inv_scale / static_cast<float>(sum));
  const RangeLanes range = Fill(params.range);
  const auto round = [=](S32 e) { return RoundToRange(UnsignedToF32(e) * factor, range); };
  for (size_t i = 0; i < n; i += kPart) {
    const size_t count = part_at(i);
    if (n > kPart) look_up(count, x + i, most, found);
    size_t j = 0;
    for (; j + kLanes <= count; j += kLanes) Store(out + i + j, round(Load(found + j)));
    if (j < count) StorePart(out + i + j, round(Load(found + j)), count - j);
  }
}

}  // namespace
}  // namespace edgec
#endif  // EDGEC_KERNELS_SOFTMAX_LANES_H_
