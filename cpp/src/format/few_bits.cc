#include "format/few_bits.h"

#include <cstring>

namespace edgec {
namespace {

// By the number that stands for them in the file.
constexpr StoredType kTypes[] = {{EDGEC_F32, 0},  {EDGEC_S8, 0},  {EDGEC_U8, 0}, {EDGEC_S32, 0},
                                 {EDGEC_U32, 0},  {EDGEC_S64, 0}, {EDGEC_S8, 2}, {EDGEC_S8, 3},
                                 {EDGEC_S8, 4},   {EDGEC_S8, 5},  {EDGEC_S8, 6}, {EDGEC_S8, 7},
                                 {EDGEC_S32, 16}, {EDGEC_S32, 24}};

// Eight values are `kBits` whole bytes.
template <uint32_t kBits>
void UnpackEight(const uint8_t* packed, int8_t* values) {
  uint64_t bits = 0;
  std::memcpy(&bits, packed, kBits);
  for (uint32_t i = 0; i < 8; ++i) {
    const uint8_t high = static_cast<uint8_t>(bits >> (i * kBits) << (8 - kBits));
    values[i] = static_cast<int8_t>(static_cast<int8_t>(high) >> (8 - kBits));
  }
}

template <uint32_t kBits>
void UnpackBytes(const uint8_t* packed, uint64_t count, int8_t* values) {
  for (; count >= 8; count -= 8, packed += kBits, values += 8) UnpackEight<kBits>(packed, values);
  if (count == 0) return;
  uint8_t rest[8] = {};
  int8_t last[8];
  std::memcpy(rest, packed, static_cast<size_t>((count * kBits + 7) / 8));
  UnpackEight<kBits>(rest, last);
  std::memcpy(values, last, static_cast<size_t>(count));
}

template <uint32_t kBits>
void UnpackWords(const uint8_t* packed, uint64_t count, int32_t* values) {
  for (uint64_t i = 0; i < count; ++i, packed += kBits / 8) {
    uint32_t bits = 0;
    std::memcpy(&bits, packed, kBits / 8);
    values[i] = static_cast<int32_t>(bits << (32 - kBits)) >> (32 - kBits);
  }
}

}  // namespace

bool FindStoredType(uint8_t number, StoredType* type) {
  if (number >= sizeof(kTypes) / sizeof(kTypes[0])) return false;
  *type = kTypes[number];
  return true;
}

bool TailIsZero(const uint8_t* packed, uint64_t count, uint32_t bits) {
  const uint64_t used = count * bits;  // elements of at most 2^32 bytes: no overflow
  return used % 8 == 0 || packed[used / 8] >> (used % 8) == 0;
}

void Unpack(const uint8_t* packed, uint64_t count, uint32_t bits, void* values) {
  int8_t* bytes = static_cast<int8_t*>(values);
  int32_t* words = static_cast<int32_t*>(values);
  switch (bits) {
    case 2:
      return UnpackBytes<2>(packed, count, bytes);
    case 3:
      return UnpackBytes<3>(packed, count, bytes);
    case 4:
      return UnpackBytes<4>(packed, count, bytes);
    case 5:
      return UnpackBytes<5>(packed, count, bytes);
    case 6:
      return UnpackBytes<6>(packed, count, bytes);
    case 7:
      return UnpackBytes<7>(packed, count, bytes);
    case 16:
      return UnpackWords<16>(packed, count, words);
    case 24:
      return UnpackWords<24>(packed, count, words);
    default:
      return;
  }
}

}  // namespace edgec
