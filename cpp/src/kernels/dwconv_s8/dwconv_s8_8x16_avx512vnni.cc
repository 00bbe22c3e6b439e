// 8 pixels × 16 channels, each in one register. A unit is 4 columns of 16 channels: one vpdpbusd
// takes 4 taps of a kernel's row.
//
//   pack   a, b   │ 0 … 15       │ 16 bytes each         unpack bytes, two columns
//          ab     │ ab 0 … 7     │ ab 8 … 15    │        unpack pairs with those of cd
//          unit   │ 0 … 3 │ 8 … 11 │ 4 … 7 │ 12 … 15 │  4 bytes each: abcd
//
// The two middle quarters stay exchanged: bias and multipliers follow them, and the permutation
// that sorts 4 requantized pixels puts them back. With units of every second column, cd of a unit
// is ab of the next.
#include <immintrin.h>

#include <cassert>

#include "kernels/dwconv_s8/dwconv_s8.h"
#include "kernels/requant/requant_avx512vnni.h"

namespace edgec {
namespace {

// Masks are not free: only the last channels use them.
template <bool kWhole>
__m128i LoadColumn(const int8_t* column, __mmask16 lanes) {
  if (!kWhole) return _mm_maskz_loadu_epi8(lanes, column);
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(column));
}

// Columns a and b, byte by byte, as unsigned.
template <bool kWhole>
__m256i Pair(const int8_t* a, const int8_t* b, __mmask16 lanes) {
  const __m128i bytes_a = LoadColumn<kWhole>(a, lanes), bytes_b = LoadColumn<kWhole>(b, lanes);
  const __m256i pair =
      _mm256_set_m128i(_mm_unpackhi_epi8(bytes_a, bytes_b), _mm_unpacklo_epi8(bytes_a, bytes_b));
  return _mm256_xor_si256(pair, _mm256_set1_epi8(-128));
}

void StoreUnit(__m256i ab, __m256i cd, int8_t* to) {
  __m256i* halves = reinterpret_cast<__m256i*>(to);
  _mm256_store_si256(halves, _mm256_unpacklo_epi16(ab, cd));
  _mm256_store_si256(halves + 1, _mm256_unpackhi_epi16(ab, cd));
}

template <bool kWhole>
void PackBlock(const DwconvColumns<int8_t>& columns, size_t j, int8_t* to) {
  const __mmask16 lanes = LanesAvx512(columns.channels - j);
  const int8_t* const* from = columns.from;
  __m256i ab = Pair<kWhole>(from[0] + j, from[1] + j, lanes);
  if (columns.next == 2) {
    for (size_t u = 0; u < columns.units; ++u, from += 2, to += 64) {
      const __m256i cd = Pair<kWhole>(from[2] + j, from[3] + j, lanes);
      StoreUnit(ab, cd, to);
      ab = cd;
    }
    return;
  }
  for (size_t u = 0; u < columns.units; ++u, from += columns.next, to += 64) {
    ab = Pair<kWhole>(from[0] + j, from[1] + j, lanes);
    StoreUnit(ab, Pair<kWhole>(from[2] + j, from[3] + j, lanes), to);
  }
}

// Four quarters of a register in the order of a unit; its own inverse.
__m512i UnitOrder(__m512i quarters) { return _mm512_shuffle_i32x4(quarters, quarters, 0xD8); }

struct Requantization {
  __m512 mult, high;
  __m512i zero_point, qmin, qmax, sort;
  bool fits_int32;  // no product is beyond it

  Requantization(const float* channel_mult, const RequantS8& q)
      : mult(_mm512_castsi512_ps(UnitOrder(_mm512_loadu_si512(channel_mult)))),
        high(_mm512_set1_ps(q.high)),
        zero_point(_mm512_set1_epi16(static_cast<int16_t>(q.zero_point))),
        qmin(_mm512_set1_epi8(static_cast<int8_t>(static_cast<int32_t>(q.low) + q.zero_point))),
        qmax(_mm512_set1_epi8(static_cast<int8_t>(static_cast<int32_t>(q.high) + q.zero_point))),
        sort(_mm512_setr_epi32(0, 8, 4, 12, 1, 9, 5, 13, 2, 10, 6, 14, 3, 11, 7, 15)),
        fits_int32(_mm512_cmp_ps_mask(mult, _mm512_set1_ps(1.0f), _CMP_GE_OQ) == 0) {}

  // A value below −2^31 becomes INT32_MIN, as does one above 2^31 without the bound.
  __m512i Round(__m512i acc) const {
    const __m512 real = _mm512_mul_ps(_mm512_cvtepi32_ps(acc), mult);
    return _mm512_cvtps_epi32(fits_int32 ? real : _mm512_min_ps(real, high));
  }

  // Pixel i in the i-th quarter.
  __m512i Four(const __m512i* acc) const {
    const __m512i s16_01 = _mm512_packs_epi32(Round(acc[0]), Round(acc[1]));
    const __m512i s16_23 = _mm512_packs_epi32(Round(acc[2]), Round(acc[3]));
    const __m512i s8 = _mm512_packs_epi16(_mm512_adds_epi16(s16_01, zero_point),
                                          _mm512_adds_epi16(s16_23, zero_point));
    return _mm512_permutexvar_epi32(sort, _mm512_min_epi8(_mm512_max_epi8(s8, qmin), qmax));
  }
};

void StorePixel(__m128i pixel, __mmask16 lanes, int8_t* y) {
  if (lanes == 0xFFFF) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(y), pixel);
  } else {
    _mm_mask_storeu_epi8(y, lanes, pixel);
  }
}

void Store(__m512i four, size_t pixels, __mmask16 lanes, int8_t* y, size_t y_stride) {
  StorePixel(_mm512_castsi512_si128(four), lanes, y);
  if (pixels > 1) StorePixel(_mm512_extracti32x4_epi32(four, 1), lanes, y + y_stride);
  if (pixels > 2) StorePixel(_mm512_extracti32x4_epi32(four, 2), lanes, y + 2 * y_stride);
  if (pixels > 3) StorePixel(_mm512_extracti32x4_epi32(four, 3), lanes, y + 3 * y_stride);
}

__m512i Load(const int8_t* unit) { return _mm512_loadu_si512(unit); }

// kTaps = 0: as many as the line has. Unrolled, the accumulators need no copies.
template <size_t kPixels, size_t kSharing, size_t kTaps>
void Sum(const DwconvLine<int8_t>& line, size_t at, const int8_t* w, __m512i bias, __m512i* acc) {
#pragma GCC unroll 8
  for (size_t i = 0; i < kPixels; ++i) acc[i] = bias;
  const size_t taps = kTaps == 0 ? line.taps : kTaps;
#pragma GCC unroll 4
  for (size_t t = 0; t < taps; ++t, w += 64 * kSharing) {
    const int8_t* x = line.x[t] + at;
    const __m512i w_0 = Load(w), w_1 = Load(w + 64 * (kSharing - 1));
#pragma GCC unroll 8
    for (size_t i = 0; i < kPixels; i += kSharing) {
      const __m512i unit = Load(x + i / kSharing * line.x_step);
      acc[i] = _mm512_dpbusd_epi32(acc[i], unit, w_0);
      if (kSharing == 2) acc[i + 1] = _mm512_dpbusd_epi32(acc[i + 1], unit, w_1);
    }
  }
}

template <size_t kSharing, size_t kTaps>
void Block(const DwconvLine<int8_t>& line, size_t j, const DwconvS8Params& params) {
  const __mmask16 lanes = LanesAvx512(line.channels - j);
  const Requantization q(params.requant.mult + j, params.requant);
  const __m512i bias = UnitOrder(_mm512_loadu_si512(params.bias + j));
  const int8_t* w = line.w + j * line.taps * kSharing * 4;
  int8_t* y = line.y + j;
  size_t at = j / 16 * line.x_block, left = line.pixels;
  __m512i acc[8];
  for (; left > 4; at += 8 / kSharing * line.x_step, y += 8 * line.y_stride) {
    Sum<8, kSharing, kTaps>(line, at, w, bias, acc);
    Store(q.Four(acc), 4, lanes, y, line.y_stride);
    Store(q.Four(acc + 4), left - 4, lanes, y + 4 * line.y_stride, line.y_stride);
    if (left <= 8) return;
    left -= 8;
  }
  Sum<4, kSharing, kTaps>(line, at, w, bias, acc);
  Store(q.Four(acc), left, lanes, y, line.y_stride);
}

}  // namespace

void dwconv_s8_8x16_avx512vnni_pack(const DwconvColumns<int8_t>& columns) {
  assert(columns.units >= 1 && columns.channels >= 1);
  for (size_t j = 0; j < columns.channels; j += 16) {
    int8_t* to = columns.to + j / 16 * columns.to_block;
    columns.channels - j >= 16 ? PackBlock<true>(columns, j, to) : PackBlock<false>(columns, j, to);
  }
}

void dwconv_s8_8x16_avx512vnni(const DwconvLine<int8_t>& line, const DwconvS8Params& params) {
  assert(line.pixels >= 1 && line.channels >= 1 && line.taps >= 1);
  for (size_t j = 0; j < line.channels; j += 16) {
    if (line.taps == 3) {  // three rows of up to 3 or 4 columns
      line.sharing == 2 ? Block<2, 3>(line, j, params) : Block<1, 3>(line, j, params);
    } else {
      line.sharing == 2 ? Block<2, 0>(line, j, params) : Block<1, 0>(line, j, params);
    }
  }
}

}  // namespace edgec
