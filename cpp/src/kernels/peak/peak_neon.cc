#include <arm_neon.h>

#include "kernels/peak/peak.h"

namespace edgec {
namespace {

#ifdef __aarch64__
constexpr int kChains = 16;
#else
constexpr int kChains = 8;  // of 16 registers
#endif

// The first quarter of the sink holds the sum, the rest zero.
void Store(uint32_t* sink, uint32x4_t sum) {
  for (size_t i = 4; i < kPeakSink; ++i) sink[i] = 0;
  vst1q_u32(sink, sum);
}

}  // namespace

// The barriers keep the chains apart, which all hold the same, and make every product new: its
// operands are constants.
uint64_t peak_s8_neon(size_t rounds, int32_t* sink) {
  int8x8_t ones = vdup_n_s8(1);
  int32x4_t acc[kChains];
#pragma GCC unroll 16
  for (int i = 0; i < kChains; ++i) {
    acc[i] = vdupq_n_s32(0);
    __asm__ volatile("" : "+w"(acc[i]));
  }
  for (size_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 16
    for (int i = 0; i < kChains; ++i) {
      __asm__ volatile("" : "+w"(ones));
      acc[i] = vpadalq_s16(acc[i], vmlal_s8(vmull_s8(ones, ones), ones, ones));
    }
  }
#pragma GCC unroll 16
  for (int i = 1; i < kChains; ++i) acc[0] = vaddq_s32(acc[0], acc[i]);
  Store(reinterpret_cast<uint32_t*>(sink), vreinterpretq_u32_s32(acc[0]));
  return uint64_t{rounds} * kChains * 16;
}

uint64_t peak_f32_neon(size_t rounds, float* sink) {
  const float32x4_t ones = vdupq_n_f32(1.0f);
  float32x4_t acc[kChains];
#pragma GCC unroll 16
  for (int i = 0; i < kChains; ++i) {
    acc[i] = vdupq_n_f32(0.0f);
    __asm__ volatile("" : "+w"(acc[i]));
  }
  for (size_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 16
    for (int i = 0; i < kChains; ++i) acc[i] = vfmaq_f32(acc[i], ones, ones);
  }
#pragma GCC unroll 16
  for (int i = 1; i < kChains; ++i) acc[0] = vaddq_f32(acc[0], acc[i]);
  Store(reinterpret_cast<uint32_t*>(sink), vreinterpretq_u32_f32(acc[0]));
  return uint64_t{rounds} * kChains * 4;
}

void read_neon(const void* data, size_t bytes, uint32_t* sink) {
  constexpr int kLoads = 8;
  const uint32_t* at = static_cast<const uint32_t*>(data);
  const uint32_t* end = at + bytes / 4;
  uint32x4_t acc[kLoads];
#pragma GCC unroll 8
  for (int i = 0; i < kLoads; ++i) acc[i] = vdupq_n_u32(0);
  for (; at != end; at += 4 * kLoads) {
#pragma GCC unroll 8
    for (int i = 0; i < kLoads; ++i) acc[i] = veorq_u32(acc[i], vld1q_u32(at + 4 * i));
  }
#pragma GCC unroll 8
  for (int i = 1; i < kLoads; ++i) acc[0] = veorq_u32(acc[0], acc[i]);
  Store(sink, acc[0]);
}

}  // namespace edgec
