// 4 pixels × 16 channels. A unit is 4 columns of 16 channels: one vpdpbusd takes 4 taps of a
// kernel's row for 8 channels.
//
//   pack   a, b   │ 0 … 15       │ 16 bytes each         unpack bytes, two columns
//          ab     │ ab 0 … 7     │ ab 8 … 15    │        unpack pairs with those of cd
//          unit   │ 0 … 3 │ 8 … 11 │ 4 … 7 │ 12 … 15 │  4 bytes each: abcd
//
// With units of every second column, cd of a unit is ab of the next.
#include <immintrin.h>

#include <cassert>

#include "kernels/dwconv_s8/line_avx2.h"

namespace edgec {
namespace {

// Columns a and b of `count` channels, byte by byte, as unsigned.
__m256i Pair(const int8_t* a, const int8_t* b, size_t count) {
  const __m128i bytes_a = LoadS8Avx2(a, count), bytes_b = LoadS8Avx2(b, count);
  const __m256i pair =
      _mm256_set_m128i(_mm_unpackhi_epi8(bytes_a, bytes_b), _mm_unpacklo_epi8(bytes_a, bytes_b));
  return _mm256_xor_si256(pair, _mm256_set1_epi8(-128));
}

void PackBlock(const DwconvColumns<int8_t>& columns, size_t j, int8_t* to) {
  const size_t count = columns.channels - j;
  const int8_t* const* from = columns.from;
  __m256i* unit = reinterpret_cast<__m256i*>(to);
  __m256i ab = Pair(from[0] + j, from[1] + j, count);
  for (size_t u = 0; u < columns.units; ++u, from += columns.next, unit += 2) {
    if (columns.next != 2) ab = Pair(from[0] + j, from[1] + j, count);
    const __m256i cd = Pair(from[2] + j, from[3] + j, count);
    _mm256_store_si256(unit, _mm256_unpacklo_epi16(ab, cd));
    _mm256_store_si256(unit + 1, _mm256_unpackhi_epi16(ab, cd));
    ab = cd;
  }
}

struct Dots {
  static __m256i Add(__m256i acc, __m256i unit, __m256i w) {
    return _mm256_dpbusd_epi32(acc, unit, w);
  }
};

}  // namespace

void dwconv_s8_4x16_avxvnni_pack(const DwconvColumns<int8_t>& columns) {
  assert(columns.units >= 1 && columns.channels >= 1);
  for (size_t j = 0; j < columns.channels; j += 16) {
    PackBlock(columns, j, columns.to + j / 16 * columns.to_block);
  }
}

void dwconv_s8_4x16_avxvnni(const DwconvLine<int8_t>& line, const DwconvS8Params& params) {
  assert(line.pixels >= 1 && line.channels >= 1 && line.taps >= 1);
  RunLine<Dots>(line, params);
}

}  // namespace edgec
