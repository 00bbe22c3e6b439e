// Constants of few bits: every width against a reading bit by bit, and a model against the same
// with int8.
#include "format/few_bits.h"

#include <string>
#include <vector>

#include "check.h"
#include "engine/engine.h"
#include "model_builder.h"

namespace {

using edgec_test::AlignedBytes;
using edgec_test::ModelBuilder;

// Value i of a row of bits.
int32_t Slow(const std::vector<uint8_t>& packed, uint64_t i, uint32_t bits) {
  int64_t value = 0;
  for (uint32_t b = 0; b < bits; ++b) {
    const uint64_t at = i * bits + b;
    const int64_t bit = packed[at / 8] >> (at % 8) & 1;
    value += b + 1 == bits ? -(bit << b) : bit << b;
  }
  return static_cast<int32_t>(value);
}

std::vector<uint8_t> AnyBytes(size_t count) {
  std::vector<uint8_t> bytes(count);
  uint32_t state = 1;
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>((state = state * 1664525 + 1) >> 24);
  return bytes;
}

template <class T>
void CheckWidth(uint32_t bits) {
  for (uint64_t count = 1; count < 40; ++count) {
    edgec_test::Describe("%u bits, %u values", bits, static_cast<unsigned>(count));
    const std::vector<uint8_t> packed = AnyBytes((count * bits + 7) / 8);
    const AlignedBytes exact(packed);  // a sanitizer sees a read behind it
    std::vector<T> values(count + 1, 99);
    edgec::Unpack(exact.data(), count, bits, values.data());
    for (uint64_t i = 0; i < count; ++i) EDGEC_CHECK_EQ(values[i], Slow(packed, i, bits));
    EDGEC_CHECK_EQ(values[count], 99);
  }
}

EDGEC_TEST(EveryWidthIsUnpackedAsItIsWritten) {
  for (uint32_t bits = 2; bits <= 7; ++bits) CheckWidth<int8_t>(bits);
  CheckWidth<int32_t>(16);
  CheckWidth<int32_t>(24);
}

EDGEC_TEST(OnlyBitsBehindTheLastValueAreTail) {
  const uint8_t packed[] = {0xFF, 0x0F};
  EDGEC_CHECK(edgec::TailIsZero(packed, 3, 4));
  EDGEC_CHECK(!edgec::TailIsZero(packed, 2, 5));
  EDGEC_CHECK(edgec::TailIsZero(packed, 4, 4));
}

// y[i] = table[x[i] + 128] with a table of values that four bits hold.
ModelBuilder Lookup(bool packed) {
  ModelBuilder model = edgec_test::SmallModel();
  edgec_test::TensorSpec& table = model.tensors[1];
  table.data = AnyBytes(128);
  if (packed) {
    table.dtype = 8;
    return model;
  }
  std::vector<uint8_t> values(256);
  for (uint64_t i = 0; i < 256; ++i) values[i] = static_cast<uint8_t>(Slow(table.data, i, 4));
  table.data = values;
  return model;
}

std::string Answer(const ModelBuilder& model, uint64_t* constant_bytes) {
  const AlignedBytes file(model.Build());
  edgec::Engine engine;
  EDGEC_CHECK_EQ(engine.Load(file.data(), file.size(), edgec::IsaSet::Detect(), 1), EDGEC_OK);
  const edgec::Tensor& x = engine.tensor(0);
  for (uint64_t i = 0; i < x.bytes; ++i) x.out<uint8_t>()[i] = static_cast<uint8_t>(i * 50);
  EDGEC_CHECK_EQ(engine.Run(), EDGEC_OK);
  *constant_bytes = engine.memory().constant_bytes;
  return {engine.tensor(3).as<char>(), 6};
}

EDGEC_TEST(AModelAnswersAsWithTheSameConstantsInInt8) {
  uint64_t packed_bytes = 0, plain_bytes = 0;
  EDGEC_CHECK(Answer(Lookup(true), &packed_bytes) == Answer(Lookup(false), &plain_bytes));
  EDGEC_CHECK_EQ(packed_bytes, 128u);
  EDGEC_CHECK_EQ(plain_bytes, 256u);
}

}  // namespace
