// 3 rows × 16 columns. vpmaddwd on values extended to int16 is exact for every pair of int8, where
// vpmaddubsw would saturate. A register holds 4 columns × 2 half sums (depths 0+1 and 2+3):
//
//   a[i]   │a0 a1 a2 a3│a0 a1 a2 a3│a0 a1 a2 a3│a0 a1 a2 a3│  int16, one row's 4 depths, 4 times
//   w      │ column 0  │ column 1  │ column 2  │ column 3  │  int16
//   acc    │ 01  │ 23  │ 01  │ 23  │ 01  │ 23  │ 01  │ 23  │  int32; the halves meet once, at the
//   end
#include <immintrin.h>

#include <cassert>

#include "kernels/igemm_s8/igemm_s8.h"
#include "kernels/requant/requant_avx2.h"

namespace edgec {
namespace {

// Column sums 0..7 from the half sums of columns 0..3 and 4..7.
__m256i AddHalves(__m256i acc_0, __m256i acc_4) {
  return _mm256_permute4x64_epi64(_mm256_hadd_epi32(acc_0, acc_4), 0xD8);
}

template <size_t kRows>
const int8_t* AddTap(size_t k, const int8_t* const* a, ptrdiff_t at, const int8_t* w,
                     __m256i (*acc)[4]) {
  for (size_t p = 0; p < k; p += 4, w += 64) {
    __m256i a_p[kRows];
#pragma GCC unroll 8
    for (size_t i = 0; i < kRows; ++i) {
      int32_t four;
      std::memcpy(&four, a[i] + at + p, sizeof(four));
      a_p[i] = _mm256_cvtepi8_epi16(_mm_set1_epi32(four));
    }
#pragma GCC unroll 8
    for (size_t j = 0; j < 4; ++j) {
      const __m256i w_j =
          _mm256_cvtepi8_epi16(_mm_load_si128(reinterpret_cast<const __m128i*>(w + 16 * j)));
#pragma GCC unroll 8
      for (size_t i = 0; i < kRows; ++i) {
        acc[i][j] = _mm256_add_epi32(acc[i][j], _mm256_madd_epi16(a_p[i], w_j));
      }
    }
  }
  return w;
}

template <size_t kRows>
void Rows(size_t n, size_t k, size_t taps, const int8_t* const* a, const ptrdiff_t* tap,
          const int8_t* w, int8_t* c, size_t c_stride, const IgemmS8Params& params) {
  const RequantS8 q = params.requant;
  for (size_t j = 0; j < n; j += 16) {
    __m256i acc[kRows][4];
#pragma GCC unroll 8
    for (auto& row : acc) row[0] = row[1] = row[2] = row[3] = _mm256_setzero_si256();
    for (size_t t = 0; t < taps; ++t) w = AddTap<kRows>(k, a, tap[t], w, acc);
    const __m256i* bias = reinterpret_cast<const __m256i*>(params.bias + j);
    const __m256i bias_0 = _mm256_loadu_si256(bias), bias_8 = _mm256_loadu_si256(bias + 1);
#pragma GCC unroll 8
    for (size_t i = 0; i < kRows; ++i) {
      const __m256i offset = _mm256_set1_epi32(RowOffset(params, i));
      const __m256i sum_0 = _mm256_add_epi32(AddHalves(acc[i][0], acc[i][1]), bias_0);
      const __m256i sum_8 = _mm256_add_epi32(AddHalves(acc[i][2], acc[i][3]), bias_8);
      StoreS8Avx2(c + i * c_stride + j,
                  RequantizeS8x16Avx2(_mm256_add_epi32(sum_0, offset),
                                      _mm256_add_epi32(sum_8, offset), q.mult + j, q),
                  n - j);
    }
  }
}

}  // namespace

void igemm_s8_3x16c4_avx2(size_t m, size_t n, size_t k, size_t taps, const int8_t* const* a,
                          const ptrdiff_t* tap, const int8_t* w, int8_t* c, size_t c_stride,
                          const IgemmS8Params* params) {
  assert(m >= 1 && m <= 3 && n >= 1 && taps >= 1 && k >= 4 && k % 4 == 0);
  static constexpr decltype(&Rows<1>) kRows[] = {Rows<1>, Rows<2>, Rows<3>};
  kRows[m - 1](n, k, taps, a, tap, w, c, c_stride, *params);
}

}  // namespace edgec
