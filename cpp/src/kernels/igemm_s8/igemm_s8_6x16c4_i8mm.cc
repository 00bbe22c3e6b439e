// 6 rows × 16 columns: smmla multiplies 2 rows × 8 depths with 8 depths × 2 columns.
// 24 registers of sums, each of 2 × 2; a row's and a column's 8 depths must lie side by side:
//
//   w  depths 0..3  │c0│c1│c2│c3│  zip1 ┌ c0: depths 0..7 │ c1: depths 0..7 ┐
//      depths 4..7  │c0│c1│c2│c3│  zip2 └ c2              │ c3              ┘    one "pair" each
//   a  row 0: depths 0..7, 8..15   zip1 ┌ row 0: 0..7     │ row 1: 0..7     ┐
//      row 1: depths 0..7, 8..15   zip2 └ row 0: 8..15    │ row 1: 8..15    ┘
//
//   acc[i][j] │ row 2i · column 2j │ row 2i · 2j+1 │ row 2i+1 · 2j │ row 2i+1 · 2j+1 │ += smmla
//
// An odd row at the end is multiplied twice and stored once.
#include <arm_neon.h>

#include <cassert>

#include "kernels/igemm_s8/igemm_s8.h"
#include "kernels/requant/requant_neon.h"

namespace edgec {
namespace {

int8x16_t ZipDepths(int8x16_t first, int8x16_t next) {
  return vreinterpretq_s8_s32(vzip1q_s32(vreinterpretq_s32_s8(first), vreinterpretq_s32_s8(next)));
}
int8x16_t ZipDepthsHigh(int8x16_t first, int8x16_t next) {
  return vreinterpretq_s8_s32(vzip2q_s32(vreinterpretq_s32_s8(first), vreinterpretq_s32_s8(next)));
}
int8x16_t ZipRows(int8x16_t row_0, int8x16_t row_1) {
  return vreinterpretq_s8_s64(vzip1q_s64(vreinterpretq_s64_s8(row_0), vreinterpretq_s64_s8(row_1)));
}
int8x16_t ZipRowsHigh(int8x16_t row_0, int8x16_t row_1) {
  return vreinterpretq_s8_s64(vzip2q_s64(vreinterpretq_s64_s8(row_0), vreinterpretq_s64_s8(row_1)));
}

// Four depths, and zeros beside them.
int8x16_t Load4(const int8_t* from) {
  uint32_t four;
  std::memcpy(&four, from, sizeof(four));
  return vcombine_s8(vcreate_s8(four), vdup_n_s8(0));
}
int8x16_t Load8(const int8_t* from) { return vcombine_s8(vld1_s8(from), vdup_n_s8(0)); }

// Eight depths of four columns, from two blocks of four depths; or four, and zeros.
template <size_t kPairs>
void AddColumns(const int8x16_t* a, int8x16_t w_0, int8x16_t w_4, int32x4_t (*acc)[8], size_t j) {
  const int8x16_t w_01 = ZipDepths(w_0, w_4), w_23 = ZipDepthsHigh(w_0, w_4);
#pragma GCC unroll 8
  for (size_t i = 0; i < kPairs; ++i) {
    acc[i][j] = vmmlaq_s32(acc[i][j], a[i], w_01);
    acc[i][j + 1] = vmmlaq_s32(acc[i][j + 1], a[i], w_23);
  }
}

template <size_t kPairs>
const int8_t* Add8Depths(const int8x16_t* a, const int8_t* w, int32x4_t (*acc)[8]) {
#pragma GCC unroll 8
  for (size_t c = 0; c < 4; ++c) {
    AddColumns<kPairs>(a, vld1q_s8(w + 16 * c), vld1q_s8(w + 64 + 16 * c), acc, 2 * c);
  }
  return w + 128;
}

template <size_t kPairs>
const int8_t* Add4Depths(const int8x16_t* a, const int8_t* w, int32x4_t (*acc)[8]) {
#pragma GCC unroll 8
  for (size_t c = 0; c < 4; ++c) {
    AddColumns<kPairs>(a, vld1q_s8(w + 16 * c), vdupq_n_s8(0), acc, 2 * c);
  }
  return w + 64;
}

template <size_t kPairs>
const int8_t* AddTap(size_t k, const int8_t* const* a, ptrdiff_t at, const int8_t* w,
                     int32x4_t (*acc)[8]) {
  int8x16_t low[kPairs], high[kPairs];
  size_t p = 0;
  for (; p + 16 <= k; p += 16) {
#pragma GCC unroll 8
    for (size_t i = 0; i < kPairs; ++i) {
      const int8x16_t row_0 = vld1q_s8(a[2 * i] + at + p), row_1 = vld1q_s8(a[2 * i + 1] + at + p);
      low[i] = ZipRows(row_0, row_1);
      high[i] = ZipRowsHigh(row_0, row_1);
    }
    w = Add8Depths<kPairs>(low, w, acc);
    w = Add8Depths<kPairs>(high, w, acc);
  }
  if (k & 8) {
#pragma GCC unroll 8
    for (size_t i = 0; i < kPairs; ++i) {
      low[i] = ZipRows(Load8(a[2 * i] + at + p), Load8(a[2 * i + 1] + at + p));
    }
    w = Add8Depths<kPairs>(low, w, acc);
    p += 8;
  }
  if (k & 4) {
#pragma GCC unroll 8
    for (size_t i = 0; i < kPairs; ++i) {
      low[i] = ZipRows(Load4(a[2 * i] + at + p), Load4(a[2 * i + 1] + at + p));
    }
    w = Add4Depths<kPairs>(low, w, acc);
  }
  return w;
}

// Both rows of a pair start at the bias.
template <size_t kPairs>
void StartAtBias(const int32_t* bias, int32x4_t (*acc)[8]) {
#pragma GCC unroll 8
  for (size_t i = 0; i < kPairs; ++i) {
#pragma GCC unroll 8
    for (size_t j = 0; j < 8; ++j) {
      const int32x2_t two = vld1_s32(bias + 2 * j);
      acc[i][j] = vcombine_s32(two, two);
    }
  }
}

// One row's 16 sums out of the 2 × 2 pieces of its pair.
template <bool kSecond>
int8x16_t FinishRow(const int32x4_t* acc, size_t row, const float* mult,
                    const IgemmS8Params& params) {
  const int32x4_t offset = vdupq_n_s32(RowOffset(params, row));
  int32x4_t sum[4];
#pragma GCC unroll 8
  for (size_t c = 0; c < 4; ++c) {
    const int64x2_t left = vreinterpretq_s64_s32(acc[2 * c]);
    const int64x2_t right = vreinterpretq_s64_s32(acc[2 * c + 1]);
    const int64x2_t four = kSecond ? vzip2q_s64(left, right) : vzip1q_s64(left, right);
    sum[c] = vaddq_s32(vreinterpretq_s32_s64(four), offset);
  }
  return RequantizeS8x16Neon(sum, mult, params.requant);
}

template <size_t kPairs>
void Rows(size_t m, size_t n, size_t k, size_t taps, const int8_t* const* a, const ptrdiff_t* tap,
          const int8_t* w, int8_t* c, size_t c_stride, const IgemmS8Params& params) {
  for (size_t j = 0; j < n; j += 16) {
    int32x4_t acc[kPairs][8];
    StartAtBias<kPairs>(params.bias + j, acc);
    for (size_t t = 0; t < taps; ++t) w = AddTap<kPairs>(k, a, tap[t], w, acc);
    const float* mult = params.requant.mult + j;
    int8x16_t rows[2 * kPairs];
#pragma GCC unroll 8
    for (size_t i = 0; i < kPairs; ++i) {
      const size_t second = 2 * i + 1 < m ? 2 * i + 1 : 2 * i;
      rows[2 * i] = FinishRow<false>(acc[i], 2 * i, mult, params);
      rows[2 * i + 1] = FinishRow<true>(acc[i], second, mult, params);
    }
    if (m == 2 * kPairs) {
      StoreRowsS8Neon<2 * kPairs>(c + j, c_stride, rows, n - j);
    } else {
      StoreRowsS8Neon<2 * kPairs - 1>(c + j, c_stride, rows, n - j);
    }
  }
}

}  // namespace

void igemm_s8_6x16c4_i8mm(size_t m, size_t n, size_t k, size_t taps, const int8_t* const* a,
                          const ptrdiff_t* tap, const int8_t* w, int8_t* c, size_t c_stride,
                          const IgemmS8Params* params) {
  assert(m >= 1 && m <= 6 && n >= 1 && taps >= 1 && k >= 4 && k % 4 == 0);
  const int8_t* rows[6];
  for (size_t i = 0; i < 6; ++i) rows[i] = a[i < m ? i : m - 1];
  static constexpr decltype(&Rows<1>) kRows[] = {Rows<1>, Rows<2>, Rows<3>};
  kRows[(m - 1) / 2](m, n, k, taps, rows, tap, w, c, c_stride, *params);
}

}  // namespace edgec
