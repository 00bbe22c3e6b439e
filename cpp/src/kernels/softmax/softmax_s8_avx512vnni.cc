// The table stays in sixteen registers:
//
//     most − x[i]   bits 7 6 5 | 4 3 2 1 0
//                      │ │ │   └─────────┴─► a permutation finds it among 32 entries in two
//                      registers, └─┴─┴───────────────► blends choose between the eight of them
#include "kernels/simd/avx512.h"
// The loop over these lanes.
#include "kernels/softmax/lanes.h"

namespace edgec {
namespace {

struct Table {
  __m512i part[16];
};

Table LoadTable(const uint32_t* lut) {
  Table table;
  for (size_t i = 0; i < 16; ++i) table.part[i] = _mm512_loadu_si512(lut + 16 * i);
  return table;
}

inline __m512i Among32(const Table& table, size_t i, __m512i index) {
  return _mm512_permutex2var_epi32(table.part[2 * i], index, table.part[2 * i + 1]);
}

inline __m512i Among64(const Table& table, size_t i, __m512i index, __mmask16 bit_5) {
  return _mm512_mask_blend_epi32(bit_5, Among32(table, 2 * i, index),
                                 Among32(table, 2 * i + 1, index));
}

inline __m512i LookUp16(const Table& table, __m512i index) {
  const __mmask16 bit_5 = _mm512_test_epi32_mask(index, _mm512_set1_epi32(32));
  const __mmask16 bit_6 = _mm512_test_epi32_mask(index, _mm512_set1_epi32(64));
  const __mmask16 bit_7 = _mm512_test_epi32_mask(index, _mm512_set1_epi32(128));
  const __m512i low = _mm512_mask_blend_epi32(bit_6, Among64(table, 0, index, bit_5),
                                              Among64(table, 1, index, bit_5));
  const __m512i high = _mm512_mask_blend_epi32(bit_6, Among64(table, 2, index, bit_5),
                                               Among64(table, 3, index, bit_5));
  return _mm512_mask_blend_epi32(bit_7, low, high);
}

inline __m512i AddTo64(__m512i sum, __m512i entries) {
  const __m512i even = _mm512_and_si512(entries, _mm512_set1_epi64(0xFFFFFFFF));
  return _mm512_add_epi64(sum, _mm512_add_epi64(even, _mm512_srli_epi64(entries, 32)));
}

}  // namespace

void softmax_s8_avx512vnni(size_t n, const int8_t* x, const SoftmaxS8Params& params, int8_t* out) {
  const Table table = LoadTable(params.lut);
  const auto look_up = [&](size_t count, const int8_t* part, int32_t most, int32_t* found) {
    const S32 top = Fill(most);
    __m512i sum = _mm512_setzero_si512();
    size_t i = 0;
    for (; i + kLanes <= count; i += kLanes) {
      const __m512i entries = LookUp16(table, (top - Load(part + i)).v);
      _mm512_storeu_si512(found + i, entries);
      sum = AddTo64(sum, entries);
    }
    if (i < count) {
      const __m512i entries = _mm512_maskz_mov_epi32(
          FirstLanes(count - i), LookUp16(table, (top - LoadPart(part + i, count - i)).v));
      _mm512_storeu_si512(found + i, entries);
      sum = AddTo64(sum, entries);
    }
    return static_cast<uint64_t>(_mm512_reduce_add_epi64(sum));
  };
  SoftmaxS8Lanes(n, x, params, out, look_up);
}

}  // namespace edgec
