#include <immintrin.h>

#include "kernels/peak/peak.h"

namespace edgec {
namespace {

constexpr int kChains = 16;  // as many as latency 5 on two ports needs, and more

}  // namespace

// The barriers keep the chains apart: all hold the same, and one would do.
uint64_t peak_s8_avx512vnni(size_t rounds, int32_t* sink) {
  const __m512i ones = _mm512_set1_epi8(1);
  __m512i acc[kChains];
#pragma GCC unroll 16
  for (int i = 0; i < kChains; ++i) {
    acc[i] = _mm512_setzero_si512();
    __asm__ volatile("" : "+v"(acc[i]));
  }
  for (size_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 16
    for (int i = 0; i < kChains; ++i) acc[i] = _mm512_dpbusd_epi32(acc[i], ones, ones);
  }
#pragma GCC unroll 16
  for (int i = 1; i < kChains; ++i) acc[0] = _mm512_add_epi32(acc[0], acc[i]);
  _mm512_store_si512(sink, acc[0]);
  return uint64_t{rounds} * kChains * 64;
}

uint64_t peak_f32_avx512vnni(size_t rounds, float* sink) {
  const __m512 ones = _mm512_set1_ps(1.0f);
  __m512 acc[kChains];
#pragma GCC unroll 16
  for (int i = 0; i < kChains; ++i) {
    acc[i] = _mm512_setzero_ps();
    __asm__ volatile("" : "+v"(acc[i]));
  }
  for (size_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 16
    for (int i = 0; i < kChains; ++i) acc[i] = _mm512_fmadd_ps(ones, ones, acc[i]);
  }
#pragma GCC unroll 16
  for (int i = 1; i < kChains; ++i) acc[0] = _mm512_add_ps(acc[0], acc[i]);
  _mm512_store_ps(sink, acc[0]);
  return uint64_t{rounds} * kChains * 16;
}

void read_avx512vnni(const void* data, size_t bytes, uint32_t* sink) {
  constexpr int kLoads = kReadStep / 64;
  const __m512i* at = static_cast<const __m512i*>(data);
  const __m512i* end = at + bytes / 64;
  __m512i acc[kLoads];
#pragma GCC unroll 8
  for (int i = 0; i < kLoads; ++i) acc[i] = _mm512_setzero_si512();
  for (; at != end; at += kLoads) {
#pragma GCC unroll 8
    for (int i = 0; i < kLoads; ++i) acc[i] = _mm512_xor_si512(acc[i], _mm512_load_si512(at + i));
  }
#pragma GCC unroll 8
  for (int i = 1; i < kLoads; ++i) acc[0] = _mm512_xor_si512(acc[0], acc[i]);
  _mm512_store_si512(sink, acc[0]);
}

}  // namespace edgec
