// 12 rows × 16 columns: a block is one register, loaded once for all rows; each row broadcasts its
// 4 depths. 12 sums hide the latency of vpdpbusd on two ports.
//
//   w        │ column 0: 4 depths │ column 1: 4 depths │ … 16 columns │   one load for all rows
//   a[i]     │ the row's 4 depths │ the same           │ …            │   one broadcast per row
//   acc[i]   │ int32              │ int32              │ …            │
#include <immintrin.h>

#include <cassert>

#include "kernels/requant/requant_avx512vnni.h"
#include "kernels/sparse_igemm_s8/walk.h"

namespace edgec {
namespace {

template <size_t kRowCount>
struct Tile {
  static constexpr size_t kRows = kRowCount, kColumns = 16;
  static constexpr bool kPairs = false;

  __m512i acc[kRows];

  explicit Tile(const int32_t* bias) {
    for (__m512i& sums : acc) sums = _mm512_loadu_si512(bias);
  }

  void AddBlock(const int8_t* const* row, ptrdiff_t depth, const int8_t* block) {
    AddRows<0>(row, depth, _mm512_load_si512(block));
  }

  void Store(int8_t* c, size_t c_stride, size_t n, const SparseIgemmS8Params& params,
             size_t first) const {
    const RequantAvx512 q = MakeRequantAvx512(params.requant);
    StoreFrom<0>(Output{c, c_stride, LanesAvx512(n), params.requant.mult + first}, q);
  }

 private:
  struct Output {
    int8_t* c;
    size_t c_stride;
    __mmask16 lanes;  // columns that are there
    const float* mult;
  };

  // Rows kRow .. kRows − 1, four at a time; where fewer are left, the last is packed again.
  template <size_t kRow>
  void StoreFrom(const Output& out, const RequantAvx512& q) const {
    constexpr size_t kLast = kRows - 1;
    const __m512i packed =
        PackS8Avx512(ScaleAvx512(acc[kRow], out.mult, q),
                     ScaleAvx512(acc[kRow + 1 < kRows ? kRow + 1 : kLast], out.mult, q),
                     ScaleAvx512(acc[kRow + 2 < kRows ? kRow + 2 : kLast], out.mult, q),
                     ScaleAvx512(acc[kRow + 3 < kRows ? kRow + 3 : kLast], out.mult, q), q);
    StoreRow<kRow, 0>(out, packed);
    if constexpr (kRow + 4 < kRows) StoreFrom<kRow + 4>(out, q);
  }

  template <size_t kRow, int kQuarter>
  static void StoreRow(const Output& out, __m512i packed) {
    _mm_mask_storeu_epi8(out.c + kRow * out.c_stride, out.lanes,
                         _mm512_extracti32x4_epi32(packed, kQuarter));
    if constexpr (kQuarter < 3 && kRow + 1 < kRows) StoreRow<kRow + 1, kQuarter + 1>(out, packed);
  }

  // Rows kRow .. kRows − 1, by recursion: GCC takes an unroll pragma here to the loop outside.
  template <size_t kRow>
  void AddRows(const int8_t* const* row, ptrdiff_t depth, __m512i w) {
    int32_t four;
    std::memcpy(&four, row[kRow] + depth, sizeof(four));
    acc[kRow] = _mm512_dpbusd_epi32(acc[kRow], _mm512_set1_epi32(four), w);
    asm("" : "+v"(acc[kRow]));  // keeps the sums in their register: GCC copies them otherwise
    if constexpr (kRow + 1 < kRows) AddRows<kRow + 1>(row, depth, w);
  }
};

}  // namespace

void sparse_igemm_s8_12x16_avx512vnni(size_t m, size_t n, size_t taps, const int8_t* const* a,
                                      const ptrdiff_t* tap, const SparseS8Weights* w, int8_t* c,
                                      size_t c_stride, const SparseIgemmS8Params* params) {
  assert(m >= 1 && m <= 12 && n >= 1 && taps >= 1 && w->columns == 16);
  static constexpr decltype(&Walk<Tile<1>>) kRows[] = {
      Walk<Tile<1>>, Walk<Tile<2>>, Walk<Tile<3>>, Walk<Tile<4>>,  Walk<Tile<5>>,  Walk<Tile<6>>,
      Walk<Tile<7>>, Walk<Tile<8>>, Walk<Tile<9>>, Walk<Tile<10>>, Walk<Tile<11>>, Walk<Tile<12>>};
  kRows[m - 1](n, taps, a, tap, *w, c, c_stride, *params);
}

}  // namespace edgec
