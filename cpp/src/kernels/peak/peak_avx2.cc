#include <immintrin.h>

#include "kernels/peak/peak.h"

namespace edgec {
namespace {

constexpr int kChains = 12;

// Both halves of the sink: the second one is zero.
void Store(int32_t* sink, __m256i sum) {
  _mm256_store_si256(reinterpret_cast<__m256i*>(sink), sum);
  _mm256_store_si256(reinterpret_cast<__m256i*>(sink + 8), _mm256_setzero_si256());
}

}  // namespace

// The barriers keep the chains apart, which all hold the same, and make every product new: its
// operands are constants.
uint64_t peak_s8_avx2(size_t rounds, int32_t* sink) {
  const __m256i pairs = _mm256_set1_epi16(1);
  __m256i ones = _mm256_set1_epi8(1), acc[kChains];
#pragma GCC unroll 16
  for (int i = 0; i < kChains; ++i) {
    acc[i] = _mm256_setzero_si256();
    __asm__ volatile("" : "+x"(acc[i]));
  }
  for (size_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 16
    for (int i = 0; i < kChains; ++i) {
      __asm__ volatile("" : "+x"(ones));
      const __m256i products = _mm256_madd_epi16(_mm256_maddubs_epi16(ones, ones), pairs);
      acc[i] = _mm256_add_epi32(acc[i], products);
    }
  }
#pragma GCC unroll 16
  for (int i = 1; i < kChains; ++i) acc[0] = _mm256_add_epi32(acc[0], acc[i]);
  Store(sink, acc[0]);
  return uint64_t{rounds} * kChains * 32;
}

uint64_t peak_f32_avx2(size_t rounds, float* sink) {
  const __m256 ones = _mm256_set1_ps(1.0f);
  __m256 acc[kChains];
#pragma GCC unroll 16
  for (int i = 0; i < kChains; ++i) {
    acc[i] = _mm256_setzero_ps();
    __asm__ volatile("" : "+x"(acc[i]));
  }
  for (size_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 16
    for (int i = 0; i < kChains; ++i) acc[i] = _mm256_fmadd_ps(ones, ones, acc[i]);
  }
#pragma GCC unroll 16
  for (int i = 1; i < kChains; ++i) acc[0] = _mm256_add_ps(acc[0], acc[i]);
  _mm256_store_ps(sink, acc[0]);
  _mm256_store_ps(sink + 8, _mm256_setzero_ps());
  return uint64_t{rounds} * kChains * 8;
}

void read_avx2(const void* data, size_t bytes, uint32_t* sink) {
  constexpr int kLoads = 8;
  const __m256i* at = static_cast<const __m256i*>(data);
  const __m256i* end = at + bytes / 32;
  __m256i acc[kLoads];
#pragma GCC unroll 8
  for (int i = 0; i < kLoads; ++i) acc[i] = _mm256_setzero_si256();
  for (; at != end; at += kLoads) {
#pragma GCC unroll 8
    for (int i = 0; i < kLoads; ++i) acc[i] = _mm256_xor_si256(acc[i], _mm256_load_si256(at + i));
  }
#pragma GCC unroll 8
  for (int i = 1; i < kLoads; ++i) acc[0] = _mm256_xor_si256(acc[0], acc[i]);
  Store(reinterpret_cast<int32_t*>(sink), acc[0]);
}

}  // namespace edgec
