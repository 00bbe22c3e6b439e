// 4 pixels × 16 channels. A unit is 2 columns of 16 channels as int16: one vpmaddwd multiplies and
// adds both, exactly.
//
//   unpacklo   │ ab of channels 0 … 3 │ 8 … 11  │ ─► acc[0]
//   unpackhi   │ ab of channels 4 … 7 │ 12 … 15 │ ─► acc[1]
#include <immintrin.h>

#include <cassert>

#include "kernels/dwconv_s8/line_avx2.h"

namespace edgec {
namespace {

void PackBlock(const DwconvColumns<int8_t>& columns, size_t j, int8_t* to) {
  const size_t count = columns.channels - j;
  const int8_t* const* from = columns.from;
  __m256i* unit = reinterpret_cast<__m256i*>(to);
  for (size_t u = 0; u < columns.units; ++u, from += columns.next, unit += 2) {
    const __m256i s16_a = _mm256_cvtepi8_epi16(LoadS8Avx2(from[0] + j, count));
    const __m256i s16_b = _mm256_cvtepi8_epi16(LoadS8Avx2(from[1] + j, count));
    _mm256_store_si256(unit, _mm256_unpacklo_epi16(s16_a, s16_b));
    _mm256_store_si256(unit + 1, _mm256_unpackhi_epi16(s16_a, s16_b));
  }
}

struct Pairs {
  static __m256i Add(__m256i acc, __m256i unit, __m256i w) {
    return _mm256_add_epi32(acc, _mm256_madd_epi16(unit, w));
  }
};

}  // namespace

void dwconv_s8_4x16_avx2_pack(const DwconvColumns<int8_t>& columns) {
  assert(columns.units >= 1 && columns.channels >= 1);
  for (size_t j = 0; j < columns.channels; j += 16) {
    PackBlock(columns, j, columns.to + j / 16 * columns.to_block);
  }
}

void dwconv_s8_4x16_avx2(const DwconvLine<int8_t>& line, const DwconvS8Params& params) {
  assert(line.pixels >= 1 && line.channels >= 1 && line.taps >= 1);
  RunLine<Pairs>(line, params);
}

}  // namespace edgec
