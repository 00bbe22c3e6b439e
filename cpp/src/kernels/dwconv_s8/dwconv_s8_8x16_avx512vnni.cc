// A unit is 4 columns of 16 channels: one vpdpbusd takes 4 taps of a kernel's row. 64 channels make
// four units of all quarters, which unpack within 128 bits and pack back without a permutation:
//
//   a, b       │ 0 … 15   │ 16 … 31   │ 32 … 47   │ 48 … 63   │   64 bytes each
//   ab low     │ ab 0 … 7 │ ab 16 … 23│ …                         unpack bytes; high: 8 … 15, 24 …
//   unit 0     │ 0 … 3    │ 16 … 19   │ 32 … 35   │ 48 … 51   │   unpack pairs with those of cd
//   unit 1     │ 4 … 7    │ 20 … 23   │ …                         4 bytes each: abcd
//
//   sums of unit 0 and 1 │ int16 0 … 7  │ 16 … 23 │ …             packed as int32,
//   all four             │ int8  0 … 15 │ 16 … 31 │ …             as int16: one store for a pixel
//
// The last channels, up to three times 16, are units of their own: 8 pixels of each.
//
//   a, b       │ 0 … 15       │ 16 bytes each
//   ab         │ ab 0 … 7     │ ab 8 … 15    │
//   unit       │ 0 … 3 │ 8 … 11 │ 4 … 7 │ 12 … 15 │
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

struct Pairs {
  __m512i low, high;
};

// 64 channels of columns a and b, byte by byte, as unsigned.
Pairs PairOf64(const int8_t* a, const int8_t* b) {
  const __m512i flip = _mm512_set1_epi8(-128);
  const __m512i bytes_a = _mm512_xor_si512(_mm512_loadu_si512(a), flip);
  const __m512i bytes_b = _mm512_xor_si512(_mm512_loadu_si512(b), flip);
  return {_mm512_unpacklo_epi8(bytes_a, bytes_b), _mm512_unpackhi_epi8(bytes_a, bytes_b)};
}

void Pack64(const DwconvColumns<int8_t>& columns, size_t j, int8_t* to) {
  const int8_t* const* from = columns.from;
  const size_t block = columns.to_block;
  Pairs ab = PairOf64(from[0] + j, from[1] + j);
  for (size_t u = 0; u < columns.units; ++u, from += columns.next, to += 64) {
    if (columns.next != 2 && u > 0) ab = PairOf64(from[0] + j, from[1] + j);
    const Pairs cd = PairOf64(from[2] + j, from[3] + j);
    _mm512_storeu_si512(to, _mm512_unpacklo_epi16(ab.low, cd.low));
    _mm512_storeu_si512(to + block, _mm512_unpackhi_epi16(ab.low, cd.low));
    _mm512_storeu_si512(to + 2 * block, _mm512_unpacklo_epi16(ab.high, cd.high));
    _mm512_storeu_si512(to + 3 * block, _mm512_unpackhi_epi16(ab.high, cd.high));
    ab = cd;
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

// Without the empty assembly, GCC loads it again for each use: more loads than vpdpbusd.
inline __m512i LoadOnce(const int8_t* unit) {
  __m512i loaded = _mm512_loadu_si512(unit);
  asm("" : "+v"(loaded));
  return loaded;
}

// The empty assembly keeps sums where they are.
inline void AddDots(__m512i* acc, __m512i unit, __m512i w) {
  *acc = _mm512_dpbusd_epi32(*acc, unit, w);
  asm("" : "+v"(*acc));
}

template <size_t kPixels, size_t kSharing>
inline void AddTap(const DwconvLine<int8_t>& line, size_t t, size_t at, const int8_t* w,
                   __m512i* acc) {
  const int8_t* x = line.x[t] + at;
  const __m512i w_0 = LoadOnce(w), w_1 = LoadOnce(w + 64 * (kSharing - 1));
#pragma GCC unroll 8
  for (size_t i = 0; i < kPixels; i += kSharing) {
    const __m512i unit = LoadOnce(x + i / kSharing * line.x_step);
    AddDots(&acc[i], unit, w_0);
    if (kSharing == 2) AddDots(&acc[i + 1], unit, w_1);
  }
}

// kTaps = 0: as many as the line has. Unrolled, the accumulators need no copies.
template <size_t kPixels, size_t kSharing, size_t kTaps>
inline void Sum(const DwconvLine<int8_t>& line, size_t at, const int8_t* w, __m512i bias,
                __m512i* acc) {
#pragma GCC unroll 8
  for (size_t i = 0; i < kPixels; ++i) acc[i] = bias;
  const size_t taps = kTaps == 0 ? line.taps : kTaps;
#pragma GCC unroll 4
  for (size_t t = 0; t < taps; ++t, w += 64 * kSharing) {
    AddTap<kPixels, kSharing>(line, t, at, w, acc);
  }
}

// 64 values in the order of the sums of 64 channels.
struct Quarters {
  __m512i of[4];

  explicit Quarters(const void* values) {
    const __m512i* at = static_cast<const __m512i*>(values);
    const __m512i v_0 = _mm512_loadu_si512(at), v_1 = _mm512_loadu_si512(at + 1);
    const __m512i v_2 = _mm512_loadu_si512(at + 2), v_3 = _mm512_loadu_si512(at + 3);
    const __m512i even_01 = _mm512_shuffle_i32x4(v_0, v_1, 0x88);
    const __m512i even_23 = _mm512_shuffle_i32x4(v_2, v_3, 0x88);
    const __m512i odd_01 = _mm512_shuffle_i32x4(v_0, v_1, 0xDD);
    const __m512i odd_23 = _mm512_shuffle_i32x4(v_2, v_3, 0xDD);
    of[0] = _mm512_shuffle_i32x4(even_01, even_23, 0x88);
    of[1] = _mm512_shuffle_i32x4(odd_01, odd_23, 0x88);
    of[2] = _mm512_shuffle_i32x4(even_01, even_23, 0xDD);
    of[3] = _mm512_shuffle_i32x4(odd_01, odd_23, 0xDD);
  }
};

// What the tiles of 64 channels share. kFits: no product is beyond int32.
template <bool kFits>
struct Block64 {
  const Quarters bias, mult;
  const RequantAvx512 requant;

  __m512i Round(__m512 real) const {
    return _mm512_cvtps_epi32(kFits ? real : _mm512_min_ps(real, requant.high));
  }
};

// kPixels × 64 channels on their way from sums to bytes, a unit at a time.
template <size_t kPixels>
struct Tile64 {
  __m512i sums[kPixels];    // of the last unit
  __m512i s32[kPixels];     // of unit 0, then of unit 2
  __m512i packed[kPixels];  // int16 of the first two, then all bytes
};

// A third of what follows the sums of unit kB: between the products of the next unit, for ports
// are given out in the order of the program.
template <size_t kB, size_t kPixels, bool kFits>
inline void Requantize(const Block64<kFits>& block, size_t third, Tile64<kPixels>* tile) {
#pragma GCC unroll 4
  for (size_t i = 0; i < kPixels; ++i) {
    __m512i& sum = tile->sums[i];
    if (third == 0) sum = _mm512_castps_si512(_mm512_cvtepi32_ps(sum));
    if (third == 1) {
      const __m512 mult = _mm512_castsi512_ps(block.mult.of[kB]);
      sum = _mm512_castps_si512(_mm512_mul_ps(_mm512_castsi512_ps(sum), mult));
    }
    if (third != 2) continue;
    const __m512i rounded = block.Round(_mm512_castsi512_ps(sum));
    if (kB % 2 == 0) {
      tile->s32[i] = rounded;
      continue;
    }
    const __m512i pair =
        _mm512_adds_epi16(_mm512_packs_epi32(tile->s32[i], rounded), block.requant.zero_point);
    tile->packed[i] = kB == 1 ? pair : _mm512_packs_epi16(tile->packed[i], pair);
  }
}

// The sums of unit kB, while those of the one before become bytes.
template <size_t kB, size_t kSharing, size_t kTaps, size_t kPixels, bool kFits>
inline void Unit64(const DwconvLine<int8_t>& line, size_t at, const int8_t* w,
                   const Block64<kFits>& block, Tile64<kPixels>* tile) {
  constexpr size_t kBefore = kB == 0 ? 0 : kB - 1;
  const size_t taps = kTaps == 0 ? line.taps : kTaps;
  at += kB * line.x_block;
  w += kB * taps * kSharing * 64;
  __m512i acc[kPixels];
#pragma GCC unroll 4
  for (size_t i = 0; i < kPixels; ++i) acc[i] = block.bias.of[kB];
  if (kB > 0 && kTaps != 3) {
    for (size_t third = 0; third < 3; ++third) Requantize<kBefore>(block, third, tile);
  }
#pragma GCC unroll 3
  for (size_t t = 0; t < taps; ++t, w += 64 * kSharing) {
    AddTap<kPixels, kSharing>(line, t, at, w, acc);
    if (kB > 0 && kTaps == 3) Requantize<kBefore>(block, t, tile);
  }
#pragma GCC unroll 4
  for (size_t i = 0; i < kPixels; ++i) tile->sums[i] = acc[i];
}

// The first `pixels` of kPixels.
template <size_t kSharing, size_t kTaps, size_t kPixels, bool kFits>
inline void RunTile64(const DwconvLine<int8_t>& line, size_t at, const int8_t* w,
                      const Block64<kFits>& block, size_t pixels, int8_t* y) {
  Tile64<kPixels> tile;
  Unit64<0, kSharing, kTaps>(line, at, w, block, &tile);
  Unit64<1, kSharing, kTaps>(line, at, w, block, &tile);
  Unit64<2, kSharing, kTaps>(line, at, w, block, &tile);
  Unit64<3, kSharing, kTaps>(line, at, w, block, &tile);
  for (size_t third = 0; third < 3; ++third) Requantize<3>(block, third, &tile);
  const RequantAvx512& q = block.requant;
  const size_t y_stride = line.y_stride;
#pragma GCC unroll 4
  for (size_t i = 0; i < kPixels; ++i) {
    if (i >= pixels) break;
    __m512i s8 = tile.packed[i];
    if (q.clamps) s8 = _mm512_min_epi8(_mm512_max_epi8(s8, q.qmin), q.qmax);
    _mm512_storeu_si512(y + i * y_stride, s8);
  }
}

template <size_t kSharing, size_t kTaps, bool kFits>
void Line64(const DwconvLine<int8_t>& by_caller, size_t j, const DwconvS8Params& params) {
  const DwconvLine<int8_t> line = by_caller;  // known not to change with the bytes of y
  const RequantAvx512 q = MakeRequantAvx512(params.requant);
  const Block64<kFits> block{Quarters(params.bias + j), Quarters(params.requant.mult + j), q};
  const int8_t* w = line.w + j * line.taps * kSharing * 4;
  int8_t* y = line.y + j;
  size_t at = j / 16 * line.x_block, left = line.pixels;
  for (; left > 2; at += 4 / kSharing * line.x_step, y += 4 * line.y_stride) {
    RunTile64<kSharing, kTaps, 4>(line, at, w, block, left, y);
    if (left <= 4) return;
    left -= 4;
  }
  RunTile64<kSharing, kTaps, 2>(line, at, w, block, left, y);
}

bool FitInt32(const float* mult) {
  __mmask16 large = 0;
  for (size_t b = 0; b < 4; ++b) {
    large |= _mm512_cmp_ps_mask(_mm512_loadu_ps(mult + 16 * b), _mm512_set1_ps(1.0f), _CMP_GE_OQ);
  }
  return large == 0;
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

template <size_t kSharing, size_t kTaps>
void Line(const DwconvLine<int8_t>& line, const DwconvS8Params& params) {
  size_t j = 0;
  for (; j + 64 <= line.channels; j += 64) {
    if (FitInt32(params.requant.mult + j)) {
      Line64<kSharing, kTaps, true>(line, j, params);
    } else {
      Line64<kSharing, kTaps, false>(line, j, params);
    }
  }
  for (; j < line.channels; j += 16) Block<kSharing, kTaps>(line, j, params);
}

}  // namespace

void dwconv_s8_8x16_avx512vnni_pack(const DwconvColumns<int8_t>& columns) {
  assert(columns.units >= 1 && columns.channels >= 1);
  size_t j = 0;
  int8_t* to = columns.to;
  for (; j + 64 <= columns.channels; j += 64, to += 4 * columns.to_block) Pack64(columns, j, to);
  for (; j < columns.channels; j += 16, to += columns.to_block) {
    columns.channels - j >= 16 ? PackBlock<true>(columns, j, to) : PackBlock<false>(columns, j, to);
  }
}

void dwconv_s8_8x16_avx512vnni(const DwconvLine<int8_t>& line, const DwconvS8Params& params) {
  assert(line.pixels >= 1 && line.channels >= 1 && line.taps >= 1);
  if (line.taps == 3) {  // three rows of up to 3 or 4 columns
    line.sharing == 2 ? Line<2, 3>(line, params) : Line<1, 3>(line, params);
  } else {
    line.sharing == 2 ? Line<2, 0>(line, params) : Line<1, 0>(line, params);
  }
}

}  // namespace edgec
