#include <cstring>

#include "kernels/peak/peak.h"

namespace edgec {
namespace {

constexpr size_t kLanes = 64;  // products of a round

// The compiler must take what `data` points to as unknown: it may not work out sums by itself.
template <class T>
const T* Unknown(const T* data) {
  __asm__ volatile("" : "+r"(data) : : "memory");
  return data;
}

template <class T, class Sum>
uint64_t Dot(size_t rounds, Sum* sink) {
  T ones[kLanes];
  for (size_t i = 0; i < kLanes; ++i) ones[i] = 1;
  Sum sums[kPeakSink] = {};
  for (size_t round = 0; round < rounds; ++round) {
    const T* a = Unknown(ones);
    for (size_t i = 0; i < kLanes; i += kPeakSink) {
      for (size_t k = 0; k < kPeakSink; ++k) sums[k] += static_cast<Sum>(a[i + k]) * a[i + k];
    }
  }
  std::memcpy(sink, sums, sizeof(sums));
  return rounds * kLanes;
}

}  // namespace

uint64_t peak_s8_portable(size_t rounds, int32_t* sink) { return Dot<int8_t>(rounds, sink); }

uint64_t peak_f32_portable(size_t rounds, float* sink) { return Dot<float>(rounds, sink); }

void read_portable(const void* data, size_t bytes, uint32_t* sink) {
  const uint32_t* words = static_cast<const uint32_t*>(data);
  uint32_t parts[kPeakSink] = {};
  for (size_t i = 0; i < bytes / sizeof(*words); i += kPeakSink) {
    for (size_t k = 0; k < kPeakSink; ++k) parts[k] ^= words[i + k];
  }
  std::memcpy(sink, parts, sizeof(parts));
}

}  // namespace edgec
