// 8 rows × 16 columns: one register per row, one vpdpbusd per row and 4 depths. vpdpbusd wants one
// unsigned side: a, which comes with 128 added (a_offset).
//
//   w        │ column 0: 4 depths │ column 1: 4 depths │ … 16 columns │   one load for all rows
//   a[i]     │ the row's 4 depths │ the same           │ …            │   one broadcast per row
//   acc[i]   │ int32              │ int32              │ …            │
#include <immintrin.h>

#include <cassert>

#include "kernels/igemm_s8/igemm_s8.h"
#include "kernels/requant/requant_avx512vnni.h"

namespace edgec {
namespace {

template <size_t kRows>
const int8_t* AddTap(size_t k, const int8_t* const* a, ptrdiff_t at, const int8_t* w,
                     __m512i* acc) {
  const int8_t* row[kRows];
#pragma GCC unroll 16
  for (size_t i = 0; i < kRows; ++i) row[i] = a[i] + at;
  for (size_t p = 0; p < k; p += 4, w += 64) {
    const __m512i w_p = _mm512_load_si512(w);
#pragma GCC unroll 16
    for (size_t i = 0; i < kRows; ++i) {
      int32_t four;
      std::memcpy(&four, row[i] + p, sizeof(four));
      acc[i] = _mm512_dpbusd_epi32(acc[i], _mm512_set1_epi32(four), w_p);
    }
  }
  return w;
}

template <size_t kRows>
void Rows(size_t n, size_t k, size_t taps, const int8_t* const* a, const ptrdiff_t* tap,
          const int8_t* w, int8_t* c, size_t c_stride, const IgemmS8Params& params) {
  const RequantS8 q = params.requant;
  for (size_t j = 0; j < n; j += 16) {
    __m512i acc[kRows];
    const __m512i bias = _mm512_loadu_si512(params.bias + j);
#pragma GCC unroll 16
    for (size_t i = 0; i < kRows; ++i) {
      acc[i] = _mm512_add_epi32(bias, _mm512_set1_epi32(RowOffset(params, i)));
    }
    for (size_t t = 0; t < taps; ++t) w = AddTap<kRows>(k, a, tap[t], w, acc);
#pragma GCC unroll 16
    for (size_t i = 0; i < kRows; ++i) {
      _mm_mask_storeu_epi8(c + i * c_stride + j, LanesAvx512(n - j),
                           RequantizeS8x16Avx512(acc[i], q.mult + j, q));
    }
  }
}

}  // namespace

void igemm_s8_8x16c4_avx512vnni(size_t m, size_t n, size_t k, size_t taps, const int8_t* const* a,
                                const ptrdiff_t* tap, const int8_t* w, int8_t* c, size_t c_stride,
                                const IgemmS8Params* params) {
  assert(m >= 1 && m <= 8 && n >= 1 && taps >= 1 && k >= 4 && k % 4 == 0);
  static constexpr decltype(&Rows<1>) kRows[] = {Rows<1>, Rows<2>, Rows<3>, Rows<4>,
                                                 Rows<5>, Rows<6>, Rows<7>, Rows<8>};
  kRows[m - 1](n, k, taps, a, tap, w, c, c_stride, *params);
}

}  // namespace edgec
