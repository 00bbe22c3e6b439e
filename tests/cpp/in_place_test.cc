// Ops whose output lies on an input give the bytes that they give elsewhere: with every instruction
// set, every tail, one thread and several.
#include "format/overlap.h"
#include "kernel_test.h"
#include "node_samples.h"
#include "row_values.h"

namespace {

using namespace edgec_test;

template <class T>
TensorValue RandomValue(const Dims& dims, uint64_t seed);

template <>
TensorValue RandomValue<int8_t>(const Dims& dims, uint64_t seed) {
  Random random(seed);
  std::vector<int8_t> values(BytesOf(EDGEC_S8, dims));
  FillRow(random, Fill8::kRandom, values.size(), values.data());
  return Value(dims, values);
}

template <>
TensorValue RandomValue<float>(const Dims& dims, uint64_t seed) {
  Random random(seed);
  std::vector<float> values(BytesOf(EDGEC_F32, dims) / sizeof(float));
  FillRow(random, -4.0f, 4.0f, values.size(), values.data());
  return Value(dims, values);
}

// `rows` rows of n, in an op that may work in place.
std::vector<NodeValue> Nodes(uint32_t rows, uint32_t n) {
  const Dims dims = {rows, n};
  const int32_t one = Bits(1.0f), length = static_cast<int32_t>(n);
  const TensorValue a8 = RandomValue<int8_t>(dims, n), b8 = RandomValue<int8_t>(dims, n + 1);
  const TensorValue a32 = RandomValue<float>(dims, n), b32 = RandomValue<float>(dims, n + 1);
  const TensorValue row8 = RandomValue<int8_t>({n}, 7), column32 = RandomValue<float>({rows, 1}, 7);
  const TensorValue out8 = Blank(EDGEC_S8, dims), out32 = Blank(EDGEC_F32, dims);
  const TensorValue lut32 = Constant<uint32_t>({256}, Counting<uint32_t>(256, 3));
  const TensorValue gamma = Constant<float>({n}, {0.5f, -2.0f, 1.5f});
  const std::vector<int32_t> add = {9000, 21000, -16000, 14, -3, -90, 110};
  const std::vector<int32_t> mul = {3, -7, Bits(0.02f), 5, -128, 100};
  const std::vector<int32_t> sub = {1, Bits(-3.0f), Bits(5.0f)};
  return {
      {"reshape", {a8}, Blank(EDGEC_S8, {n, rows}), {}},
      {"lut_s8", {a8, Constant<int8_t>({256}, Counting<int8_t>(256, 77))}, out8, {}},
      {"unary_f32", {a32}, out32, {7, 0, 0}},
      {"softmax_s8", {a8, lut32}, out8, {length, Bits(256.0f), -128}},
      {"softmax_f32", {a32}, out32, {length}},
      {"layer_norm_s8", {a8, gamma, gamma}, out8, {length, one, 3, -100, 127}},
      {"layer_norm_f32", {a32, gamma, gamma}, out32, {length, one}},
      {"add_s8", {a8, b8}, out8, add},
      {"add_s8", {a8, row8}, out8, add},
      {"add_s8", {row8, a8}, out8, add},
      {"mul_s8", {a8, b8}, out8, mul},
      {"mul_s8", {a8, row8}, out8, mul},
      {"binary_f32", {a32, b32}, out32, sub},
      {"binary_f32", {a32, column32}, out32, sub},
      {"binary_f32", {column32, a32}, out32, sub},
  };
}

// The output on input `on`, against the output elsewhere.
void CheckOn(const NodeValue& node, uint32_t on, edgec::IsaSet isa, uint32_t threads) {
  Describe("%s, %zu bytes, on input %u, %u threads", node.op.c_str(),
           BytesOf(node.output.dtype, node.output.dims), on, threads);
  const std::vector<uint8_t> wanted = Result<uint8_t>(node, isa, threads);
  OpCase made = MakeCase(node);
  made.output.tensor.data = made.inputs[on].tensor.data;
  EDGEC_CHECK_EQ(made.Prepare(isa, threads), EDGEC_OK);
  EDGEC_CHECK_EQ(made.Run(), EDGEC_OK);
  EDGEC_CHECK(std::memcmp(made.output.tensor.data, wanted.data(), wanted.size()) == 0);
}

// Both operands of a + a are the output.
void CheckOnBoth(const NodeValue& node, edgec::IsaSet isa) {
  NodeValue twice = node;
  twice.inputs[1] = twice.inputs[0];
  const std::vector<uint8_t> wanted = Result<uint8_t>(twice, isa, 1);
  OpCase made = MakeCase(twice);
  made.inputs[1].tensor.data = made.output.tensor.data = made.inputs[0].tensor.data;
  EDGEC_CHECK_EQ(made.Prepare(isa, 1), EDGEC_OK);
  EDGEC_CHECK_EQ(made.Run(), EDGEC_OK);
  EDGEC_CHECK(std::memcmp(made.output.tensor.data, wanted.data(), wanted.size()) == 0);
}

void CheckAll(uint32_t rows, uint32_t n, edgec::IsaSet isa, uint32_t threads) {
  for (const NodeValue& node : Nodes(rows, n)) {
    const uint32_t allowed = edgec::InPlaceInputs(node.op.c_str());
    EDGEC_CHECK(allowed == 1 || allowed == 3);
    for (uint32_t on = 0; on < 2; ++on) {
      if (((allowed >> on) & 1u) == 0) continue;
      if (node.inputs[on].dims == node.output.dims || node.op == "reshape") {
        CheckOn(node, on, isa, threads);
      }
    }
    if (allowed == 3 && node.inputs[0].dims == node.output.dims) CheckOnBoth(node, isa);
  }
}

EDGEC_TEST_EACH_ISA(InPlaceGivesTheSameBytesForEveryTail) {
  const edgec::IsaSet best = edgec::IsaSet::Detect();
  if (!best.Has(isa)) EDGEC_SKIP("this CPU lacks the instruction set");
  for (uint32_t n = 1; n <= 140; ++n) CheckAll(3, n, best.LimitedTo(isa), 1);
}

EDGEC_TEST_EACH_ISA(InPlaceGivesTheSameBytesFromSeveralThreads) {
  const edgec::IsaSet best = edgec::IsaSet::Detect();
  if (!best.Has(isa)) EDGEC_SKIP("this CPU lacks the instruction set");
  CheckAll(1, 70001, best.LimitedTo(isa), 3);
  CheckAll(311, 257, best.LimitedTo(isa), 3);
}

EDGEC_TEST(EveryOpThatMayWorkInPlaceIsTestedHere) {
  size_t in_place = 0, tested = 0;
  for (const NodeValue& sample : AllSamples()) {
    if (edgec::InPlaceInputs(sample.op.c_str()) == 0) continue;
    ++in_place;
    for (const NodeValue& node : Nodes(1, 1)) {
      if (node.op != sample.op) continue;
      ++tested;
      break;
    }
  }
  EDGEC_CHECK_EQ(tested, in_place);
  EDGEC_CHECK(in_place > 0);
}

}  // namespace
