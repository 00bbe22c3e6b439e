// The sums of kRows rows × kQuads · 4 columns for AVX2. vpmaddwd on values extended to int16 is
// exact for every pair of int8. A register holds 4 columns × 2 half sums (depths 0+1 and 2+3):
//
//   a[i]   │a0 a1 a2 a3│a0 a1 a2 a3│a0 a1 a2 a3│a0 a1 a2 a3│  int16, one row's 4 depths, 4 times
//   w      │ column 0  │ column 1  │ column 2  │ column 3  │  int16
//   acc    │ 01  │ 23  │ 01  │ 23  │ 01  │ 23  │ 01  │ 23  │  int32; the halves meet at the end
#ifndef EDGEC_KERNELS_SPARSE_IGEMM_S8_TILE_AVX2_H_
#define EDGEC_KERNELS_SPARSE_IGEMM_S8_TILE_AVX2_H_

#include <immintrin.h>

#include "kernels/requant/requant_avx2.h"
#include "kernels/sparse_igemm_s8/walk.h"

namespace edgec {
namespace {

template <size_t kRowCount, size_t kQuads>
struct TileAvx2 {
  static constexpr size_t kRows = kRowCount, kColumns = 4 * kQuads;
  static constexpr size_t kSums = kRows * kQuads;
  static constexpr bool kPairs = false;

  __m256i acc[kSums + kSums % 2];  // row by row

  explicit TileAvx2(const int32_t* /*bias*/) : acc{} {}

  void AddBlock(const int8_t* const* row, ptrdiff_t depth, const int8_t* block) {
    __m256i w[kQuads];
    for (size_t j = 0; j < kQuads; ++j) {
      w[j] = _mm256_cvtepi8_epi16(_mm_load_si128(reinterpret_cast<const __m128i*>(block) + j));
    }
    AddRows<0>(row, depth, w);
  }

  void Store(int8_t* c, size_t c_stride, size_t n, const SparseIgemmS8Params& params,
             size_t first) const {
    Output out{c, c_stride, n, params.bias + first, params.requant};
    out.requant.mult += first;
    if constexpr (kQuads > 1) return StoreFrom<0>(out);
    alignas(16) int32_t bias[8];  // of 4 columns, for two rows
    alignas(16) float mult[8];
    for (size_t i = 0; i < 8; i += 4) {
      std::memcpy(bias + i, out.bias, 16);
      std::memcpy(mult + i, out.requant.mult, 16);
    }
    out.bias = bias;
    out.requant.mult = mult;
    StoreFrom<0>(out);
  }

 private:
  // Where results go; bias and requant.mult are those of 8 results in a row.
  struct Output {
    int8_t* c;
    size_t c_stride, n;
    const int32_t* bias;
    RequantS8 requant;
  };

  // Rows kRow .. kRows − 1, by recursion: GCC takes an unroll pragma here to the loop outside.
  template <size_t kRow>
  void AddRows(const int8_t* const* row, ptrdiff_t depth, const __m256i* w) {
    float four;  // a float, so that GCC broadcasts it from memory
    std::memcpy(&four, row[kRow] + depth, sizeof(four));
    const __m256i a = _mm256_cvtepi8_epi16(_mm_castps_si128(_mm_set1_ps(four)));
    for (size_t j = 0; j < kQuads; ++j) {
      __m256i& sums = acc[kRow * kQuads + j];
      sums = _mm256_add_epi32(sums, _mm256_madd_epi16(a, w[j]));
      asm("" : "+x"(sums));  // keeps the sums in their register: GCC copies them otherwise
    }
    if constexpr (kRow + 1 < kRows) AddRows<kRow + 1>(row, depth, w);
  }

  // The results of registers 2p, 2p + 1 and on, by recursion, as above.
  template <size_t p>
  void StoreFrom(const Output& out) const {
    constexpr size_t kColumn = 4 * (2 * p % kQuads);
    const __m256i pairs = _mm256_hadd_epi32(acc[2 * p], acc[2 * p + 1]);
    const __m256i bias = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(out.bias + kColumn));
    const __m256i sums = _mm256_add_epi32(_mm256_permute4x64_epi64(pairs, 0xD8), bias);
    const __m256i results = RequantizeS8x8Avx2(sums, out.requant.mult + kColumn, out.requant);
    StoreEight<kRows, kQuads>(p, Pack8(results), out.c, out.c_stride, out.n);
    if constexpr (2 * p + 2 < kSums) StoreFrom<p + 1>(out);
  }

  static uint64_t Pack8(__m256i values) {
    const __m128i s16 =
        _mm_packs_epi32(_mm256_castsi256_si128(values), _mm256_extracti128_si256(values, 1));
    return static_cast<uint64_t>(_mm_cvtsi128_si64(_mm_packs_epi16(s16, s16)));
  }
};

}  // namespace
}  // namespace edgec
#endif  // EDGEC_KERNELS_SPARSE_IGEMM_S8_TILE_AVX2_H_
