// Broadcasting and the ops that map elements: that each op hands its params to its kernel in the
// right order and place. Kernels have tests of their own.
#include <climits>
#include <cmath>

#include "node_samples.h"
#include "row_values.h"

namespace {

using namespace edgec_test;

// The offset of an output element in an operand, as numpy broadcasts it.
size_t OffsetIn(const Dims& dims, const Dims& out, size_t element) {
  size_t offset = 0, stride = 1;
  for (size_t i = 0; i < out.size(); ++i) {
    const size_t index = element % out[out.size() - 1 - i];
    element /= out[out.size() - 1 - i];
    if (i >= dims.size()) continue;
    const size_t dim = dims[dims.size() - 1 - i];
    if (dim != 1) offset += index * stride;
    stride *= dim;
  }
  return offset;
}

struct Shapes {
  Dims a, b, out;
};

const std::vector<Shapes>& BroadcastShapes() {
  static const std::vector<Shapes> shapes = {
      {{}, {}, {}},
      {{1}, {}, {1}},
      {{7}, {7}, {7}},
      {{5}, {}, {5}},
      {{}, {5}, {5}},
      {{2, 3, 4}, {4}, {2, 3, 4}},
      {{4}, {2, 3, 4}, {2, 3, 4}},
      {{2, 3, 4}, {3, 1}, {2, 3, 4}},
      {{2, 1, 4}, {3, 1}, {2, 3, 4}},
      {{1, 5, 6, 19}, {1, 1, 1, 19}, {1, 5, 6, 19}},
      {{2, 5, 6, 19}, {2, 1, 1, 19}, {2, 5, 6, 19}},
      {{2, 1, 1, 19}, {2, 5, 6, 1}, {2, 5, 6, 19}},
      {{2, 3, 2, 3, 2, 3}, {1, 3, 1, 3, 1, 3}, {2, 3, 2, 3, 2, 3}},
      {{2, 1, 2, 1, 2, 1}, {1, 3, 1, 3, 1, 3}, {2, 3, 2, 3, 2, 3}},
      {{3, 2}, {2, 2, 2, 1, 3, 1}, {2, 2, 2, 1, 3, 2}},
      {{1, 20000}, {1, 20000}, {1, 20000}},
      {{300, 100}, {100}, {300, 100}},
  };
  return shapes;
}

EDGEC_TEST(BinaryF32BroadcastsAsNumpy) {
  for (const Shapes& shapes : BroadcastShapes()) {
    const size_t count_a = BytesOf(EDGEC_F32, shapes.a) / 4,
                 count_b = BytesOf(EDGEC_F32, shapes.b) / 4;
    const std::vector<float> a = Counting<float>(count_a), b = Counting<float>(count_b, 0.5f);
    const NodeValue node = {"binary_f32",
                            {Value(shapes.a, a), Value(shapes.b, b)},
                            Blank(EDGEC_F32, shapes.out),
                            {1, Bits(-1e30f), Bits(1e30f)}};  // sub: not the same both ways round
    std::vector<float> wanted(BytesOf(EDGEC_F32, shapes.out) / 4);
    for (size_t i = 0; i < wanted.size(); ++i) {
      wanted[i] = a[OffsetIn(shapes.a, shapes.out, i)] - b[OffsetIn(shapes.b, shapes.out, i)];
    }
    CheckResult(node, wanted);
  }
}

EDGEC_TEST(AddS8BroadcastsAsNumpy) {
  for (const Shapes& shapes : BroadcastShapes()) {
    const std::vector<int8_t> a = Counting<int8_t>(BytesOf(EDGEC_S8, shapes.a), -100);
    const std::vector<int8_t> b = Counting<int8_t>(BytesOf(EDGEC_S8, shapes.b), 17);
    // out = (a − b/2 rounded down, − 3) clamped to [−90, 80]
    const NodeValue node = {"add_s8",
                            {Value(shapes.a, a), Value(shapes.b, b)},
                            Blank(EDGEC_S8, shapes.out),
                            {0, 4, -2, 2, -3, -90, 80}};
    std::vector<int8_t> wanted(BytesOf(EDGEC_S8, shapes.out));
    for (size_t i = 0; i < wanted.size(); ++i) {
      const int sum =
          4 * a[OffsetIn(shapes.a, shapes.out, i)] - 2 * b[OffsetIn(shapes.b, shapes.out, i)];
      wanted[i] = static_cast<int8_t>(std::min(std::max((sum >> 2) - 3, -90), 80));
    }
    CheckResult(node, wanted);
  }
}

EDGEC_TEST(MulS8BroadcastsAsNumpy) {
  for (const Shapes& shapes : BroadcastShapes()) {
    const std::vector<int8_t> a = Counting<int8_t>(BytesOf(EDGEC_S8, shapes.a), -100);
    const std::vector<int8_t> b = Counting<int8_t>(BytesOf(EDGEC_S8, shapes.b), 17);
    const NodeValue node = {"mul_s8",
                            {Value(shapes.a, a), Value(shapes.b, b)},
                            Blank(EDGEC_S8, shapes.out),
                            {-4, 30, Bits(0.0123f), 5, -100, 90}};
    std::vector<int8_t> wanted(BytesOf(EDGEC_S8, shapes.out));
    for (size_t i = 0; i < wanted.size(); ++i) {
      const int product =
          (a[OffsetIn(shapes.a, shapes.out, i)] + 4) * (b[OffsetIn(shapes.b, shapes.out, i)] - 30);
      wanted[i] = Requant(product, 0.0123f, 5, -100, 90);
    }
    CheckResult(node, wanted);
  }
}

EDGEC_TEST(PowRunsAndClamps) {
  const NodeValue node = {"binary_f32",
                          {Value<float>({3}, {1.0f, 2.0f, 3.0f}), Value<float>({}, {2.0f})},
                          Blank(EDGEC_F32, {3}),
                          {6, Bits(0.0f), Bits(8.0f)}};
  CheckResult<float>(node, {1.0f, 4.0f, 8.0f});
}

EDGEC_TEST(QuantizeTakesScaleAndZeroPoint) {
  const NodeValue node = {"quantize_f32_s8",
                          {Value<float>({5}, {0.0f, 1.0f, -1.25f, 1000.0f, std::nanf("")})},
                          Blank(EDGEC_S8, {5}),
                          {Bits(0.5f), 10}};
  CheckResult<int8_t>(node, {10, 12, 8, 127, 10});
}

EDGEC_TEST(DequantizeTakesScaleAndZeroPoint) {
  const NodeValue node = {"dequantize_s8_f32",
                          {Value<int8_t>({3}, {-128, 10, 127})},
                          Blank(EDGEC_F32, {3}),
                          {Bits(0.5f), 10}};
  CheckResult<float>(node, {-69.0f, 0.0f, 58.5f});
}

EDGEC_TEST(LongRowsAreSplitAndStayWhole) {
  const size_t n = 100003;
  const std::vector<int8_t> x = Counting<int8_t>(n), table = Counting<int8_t>(256, 5);
  std::vector<int8_t> wanted(n);
  for (size_t i = 0; i < n; ++i) wanted[i] = table[static_cast<size_t>(x[i] + 128)];
  const uint32_t dim = static_cast<uint32_t>(n);
  CheckResult<int8_t>(
      {"lut_s8", {Value({dim}, x), Constant({256}, table)}, Blank(EDGEC_S8, {dim}), {}}, wanted);
}

EDGEC_TEST(TablesTakeAndGiveUint8ByItsBytes) {
  const TensorValue same = Constant({256}, Counting<int8_t>(256, -128));
  CheckResult<int8_t>(
      {"lut_s8", {Value<uint8_t>({3}, {0, 127, 128}), same}, Blank(EDGEC_S8, {3}), {}},
      {0, 127, -128});
  CheckResult<uint8_t>(
      {"lut_s8", {Value<int8_t>({3}, {-128, 0, 127}), same}, Blank(EDGEC_U8, {3}), {}},
      {128, 0, 127});
}

EDGEC_TEST(UnaryTakesKindAlphaAndBeta) {
  const TensorValue x = Value<float>({4}, {-2.0f, 0.0f, 1.0f, 4.0f});
  const TensorValue out = Blank(EDGEC_F32, {4});
  CheckResult<float>({"unary_f32", {x}, out, {8, Bits(-1.0f), Bits(3.0f)}},
                     {-1.0f, 0.0f, 1.0f, 3.0f});
  CheckResult<float>({"unary_f32", {x}, out, {6, Bits(0.25f), Bits(0.5f)}},
                     {0.0f, 0.5f, 0.75f, 1.0f});
  CheckResult<float>({"unary_f32", {x}, out, {16, Bits(0.5f), 0}}, {-1.0f, 0.0f, 1.0f, 4.0f});
}

EDGEC_TEST(SoftmaxS8NormalizesEachRow) {
  std::vector<uint32_t> lut(256, 0);
  lut[0] = 300, lut[1] = 100;  // the greatest of a row weighs three times the next
  const NodeValue node = {"softmax_s8",
                          {Value<int8_t>({2, 3}, {5, 4, -9, 0, 0, 0}), Constant({256}, lut)},
                          Blank(EDGEC_S8, {2, 3}),
                          {3, Bits(200.0f), -100}};
  CheckResult<int8_t>(node, {50, -50, -100, -33, -33, -33});
}

EDGEC_TEST(SoftmaxF32NormalizesEachRow) {
  const NodeValue node = {"softmax_f32",
                          {Value<float>({2, 2}, {3.0f, 3.0f, -1e30f, 5.0f})},
                          Blank(EDGEC_F32, {2, 2}),
                          {2}};
  CheckResult<float>(node, {0.5f, 0.5f, 0.0f, 1.0f});
}

EDGEC_TEST(LayerNormS8NormalizesEachRow) {
  const NodeValue node = {
      "layer_norm_s8",
      {Value<int8_t>({2, 2}, {10, 20, 5, 5}), Constant<float>({2}, {50.0f, 10.0f}),
       Constant<float>({2}, {0.0f, 7.0f})},
      Blank(EDGEC_S8, {2, 2}),
      {2, Bits(0.0f), -1, -40, 127}};
  // Rows normalize to −1, 1 and 0, 0.
  CheckResult<int8_t>(node, {-40, 16, -1, 6});
}

EDGEC_TEST(LayerNormF32NormalizesEachRow) {
  const NodeValue node = {
      "layer_norm_f32",
      {Value<float>({2, 2}, {1.0f, 3.0f, 5.0f, 5.0f}), Constant<float>({2}, {50.0f, 10.0f}),
       Constant<float>({2}, {0.0f, 7.0f})},
      Blank(EDGEC_F32, {2, 2}),
      {2, Bits(3.0f)}};  // deviation √(1 + 3), √3
  CheckResult<float>(node, {-25.0f, 12.0f, 0.0f, 7.0f});
}

EDGEC_TEST(CastFromFloatTruncatesAndSaturates) {
  const std::vector<float> x = {1.9f, -1.9f, std::nanf(""), 3e9f, -3e9f, 1e20f, -HUGE_VALF, 0.0f};
  CheckResult<int32_t>({"cast", {Value({8}, x)}, Blank(EDGEC_S32, {8}), {}},
                       {1, -1, 0, INT_MAX, INT_MIN, INT_MAX, INT_MIN, 0});
  CheckResult<int64_t>({"cast", {Value({8}, x)}, Blank(EDGEC_S64, {8}), {}},
                       {1, -1, 0, 3000000000, -3000000000, INT64_MAX, INT64_MIN, 0});
  CheckResult<float>({"cast", {Value<float>({2}, {1.5f, -0.0f})}, Blank(EDGEC_F32, {2}), {}},
                     {1.5f, -0.0f});
}

EDGEC_TEST(CastFromIntegersIsByValue) {
  CheckResult<float>({"cast", {Value<int8_t>({2}, {-128, 7})}, Blank(EDGEC_F32, {2}), {}},
                     {-128.0f, 7.0f});
  CheckResult<int32_t>({"cast", {Value<uint8_t>({2}, {255, 7})}, Blank(EDGEC_S32, {2}), {}},
                       {255, 7});
  CheckResult<int64_t>({"cast", {Value<int32_t>({2}, {INT_MIN, 7})}, Blank(EDGEC_S64, {2}), {}},
                       {INT_MIN, 7});
  CheckResult<float>({"cast", {Value<int32_t>({1}, {16777217})}, Blank(EDGEC_F32, {1}), {}},
                     {16777216.0f});  // half to even
  CheckResult<int32_t>(
      {"cast", {Value<int64_t>({2}, {(int64_t{1} << 32) + 5, -1})}, Blank(EDGEC_S32, {2}), {}},
      {5, -1});
}

}  // namespace
