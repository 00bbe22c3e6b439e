// Bytes in tiles of 8 × 8, words of 32 bits in tiles of 4 × 4, by unpacking pairs, pairs of pairs …
#include <immintrin.h>

#include <cassert>

#include "kernels/transpose/tiles.h"

namespace edgec {
namespace {

__m128i LoadHalf(const uint8_t* p) { return _mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)); }

void StoreHalves(__m128i v, uint8_t* low, uint8_t* high) {
  _mm_storel_epi64(reinterpret_cast<__m128i*>(low), v);
  _mm_storel_epi64(reinterpret_cast<__m128i*>(high), _mm_unpackhi_epi64(v, v));
}

void Tile8x8(const uint8_t* in, size_t in_stride, uint8_t* out, size_t out_stride) {
  __m128i pair[4];  // of rows: a0 b0 a1 b1 …
  for (size_t i = 0; i < 4; ++i) {
    const uint8_t* row = in + 2 * i * in_stride;
    pair[i] = _mm_unpacklo_epi8(LoadHalf(row), LoadHalf(row + in_stride));
  }
  const __m128i abcd_0 = _mm_unpacklo_epi16(pair[0], pair[1]);
  const __m128i abcd_4 = _mm_unpackhi_epi16(pair[0], pair[1]);
  const __m128i efgh_0 = _mm_unpacklo_epi16(pair[2], pair[3]);
  const __m128i efgh_4 = _mm_unpackhi_epi16(pair[2], pair[3]);
  const size_t s = out_stride;
  StoreHalves(_mm_unpacklo_epi32(abcd_0, efgh_0), out, out + s);
  StoreHalves(_mm_unpackhi_epi32(abcd_0, efgh_0), out + 2 * s, out + 3 * s);
  StoreHalves(_mm_unpacklo_epi32(abcd_4, efgh_4), out + 4 * s, out + 5 * s);
  StoreHalves(_mm_unpackhi_epi32(abcd_4, efgh_4), out + 6 * s, out + 7 * s);
}

// Byte i of a plane becomes byte 3 i + plane of 48; here are bytes 16 part .. 16 part + 15.
__m128i Spread(__m128i v, int plane, int part) {
  alignas(16) int8_t from[16];
  for (int i = 0; i < 16; ++i) {
    const int at = 16 * part + i;
    from[i] = static_cast<int8_t>(at % 3 == plane ? at / 3 : -1);  // a negative index gives 0
  }
  return _mm_shuffle_epi8(v, _mm_load_si128(reinterpret_cast<const __m128i*>(from)));
}

// Sixteen pixels from sixteen bytes of each plane.
void Join(const __m128i (&plane)[2], __m128i (&pixels)[2]) {
  pixels[0] = _mm_unpacklo_epi8(plane[0], plane[1]);
  pixels[1] = _mm_unpackhi_epi8(plane[0], plane[1]);
}
void Join(const __m128i (&plane)[3], __m128i (&pixels)[3]) {
#pragma GCC unroll 3
  for (int i = 0; i < 3; ++i) {
    const __m128i two = _mm_or_si128(Spread(plane[0], 0, i), Spread(plane[1], 1, i));
    pixels[i] = _mm_or_si128(two, Spread(plane[2], 2, i));
  }
}
void Join(const __m128i (&plane)[4], __m128i (&pixels)[4]) {
  __m128i ab[2], cd[2];
  Join({plane[0], plane[1]}, ab);
  Join({plane[2], plane[3]}, cd);
  for (size_t i = 0; i < 2; ++i) {
    pixels[2 * i] = _mm_unpacklo_epi16(ab[i], cd[i]);
    pixels[2 * i + 1] = _mm_unpackhi_epi16(ab[i], cd[i]);
  }
}

template <size_t kRows>
void InterleaveBytes(const TransposeShape& shape, const uint8_t* in, uint8_t* out) {
  size_t j = 0;
  for (; j + 16 <= shape.columns; j += 16) {
    __m128i plane[kRows], pixels[kRows];
    for (size_t i = 0; i < kRows; ++i) {
      plane[i] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(in + i * shape.in_stride + j));
    }
    Join(plane, pixels);
    for (size_t i = 0; i < kRows; ++i) {
      _mm_storeu_si128(reinterpret_cast<__m128i*>(out + kRows * j + 16 * i), pixels[i]);
    }
  }
  Interleave<kRows>({shape.rows, shape.columns - j, shape.in_stride, shape.out_stride}, in + j,
                    out + kRows * j);
}

void TransposeBytes(const TransposeShape& shape, const void* in, void* out) {
  const uint8_t* from = static_cast<const uint8_t*>(in);
  uint8_t* to = static_cast<uint8_t*>(out);
  const size_t planes = shape.out_stride == shape.rows ? shape.rows : 0;
  if (planes == 2) return InterleaveBytes<2>(shape, from, to);
  if (planes == 3) return InterleaveBytes<3>(shape, from, to);
  if (planes == 4) return InterleaveBytes<4>(shape, from, to);
  Transpose<uint8_t, 8>(shape, in, out, Tile8x8);
}

void Tile4x4(const uint32_t* in, size_t in_stride, uint32_t* out, size_t out_stride) {
  const float* from = reinterpret_cast<const float*>(in);  // moved only
  float* to = reinterpret_cast<float*>(out);
  __m128 a = _mm_loadu_ps(from), b = _mm_loadu_ps(from + in_stride);
  __m128 c = _mm_loadu_ps(from + 2 * in_stride), d = _mm_loadu_ps(from + 3 * in_stride);
  _MM_TRANSPOSE4_PS(a, b, c, d);
  _mm_storeu_ps(to, a);
  _mm_storeu_ps(to + out_stride, b);
  _mm_storeu_ps(to + 2 * out_stride, c);
  _mm_storeu_ps(to + 3 * out_stride, d);
}

}  // namespace

void transpose2d_avx2(size_t element_bytes, const TransposeShape& shape, const void* in,
                      void* out) {
  assert(element_bytes == 1 || element_bytes == 4 || element_bytes == 8);
  if (element_bytes == 1) {
    TransposeBytes(shape, in, out);
  } else if (element_bytes == 4) {
    Transpose<uint32_t, 4>(shape, in, out, Tile4x4);
  } else {
    TransposePlain<uint64_t>(shape, in, out);
  }
}

}  // namespace edgec
