// One right node of each op but the matrix products: where tests of refusals start from.
#ifndef EDGEC_TESTS_NODE_SAMPLES_H_
#define EDGEC_TESTS_NODE_SAMPLES_H_

#include "node_value.h"

namespace edgec_test {

inline std::vector<NodeValue> ArithmeticSamples() {
  const std::vector<int8_t> q = Counting<int8_t>(24, -10);
  const std::vector<float> r = {0.5f, -1.0f, 2.0f};
  const int32_t one = Bits(1.0f), none = Bits(0.0f);
  const TensorValue image8 = Value<int8_t>({1, 4, 3, 2}, q);
  const TensorValue image32 = Value<float>({1, 4, 3, 2}, r);
  const TensorValue lut32 = Constant<uint32_t>({256}, Counting<uint32_t>(256, 1));
  const TensorValue gamma = Constant<float>({2}, {1.0f, 2.0f});
  const TensorValue out8 = Blank(EDGEC_S8, {1, 4, 3, 2}), out32 = Blank(EDGEC_F32, {1, 4, 3, 2});
  const TensorValue pooled8 = Blank(EDGEC_S8, {1, 2, 2, 2});
  const TensorValue pooled32 = Blank(EDGEC_F32, {1, 2, 2, 2});
  return {
      {"quantize_f32_s8", {image32}, out8, {one, 0}},
      {"dequantize_s8_f32", {image8}, out32, {one, 0}},
      {"add_s8", {image8, Value<int8_t>({3, 1}, q)}, out8, {8192, 16384, 16384, 14, 0, -128, 127}},
      {"mul_s8", {image8, Value<int8_t>({2}, q)}, out8, {0, 0, one, 0, -128, 127}},
      {"max_pool2d_s8", {image8}, pooled8, {3, 2, 2, 2, 1, 0}},
      {"max_pool2d_f32", {image32}, pooled32, {3, 2, 2, 2, 1, 0}},
      {"average_pool2d_s8", {image8}, pooled8, {3, 2, 2, 2, 1, 0, 0, 0, 0, one}},
      {"average_pool2d_f32", {image32}, pooled32, {3, 2, 2, 2, 1, 0, 0}},
      {"mean_s8", {image8}, Blank(EDGEC_S8, {4, 2}), {4, 3, 2, 0, 0, one}},
      {"mean_f32", {image32}, Blank(EDGEC_F32, {4, 2}), {4, 3, 2}},
      {"sum_f32", {image32}, Blank(EDGEC_F32, {12, 1}), {12, 2, 1}},
      {"max_f32", {image32}, Blank(EDGEC_F32, {4, 2}), {4, 3, 2}},
      {"softmax_s8", {image8, lut32}, out8, {2, one, -128}},
      {"softmax_f32", {image32}, out32, {2}},
      {"layer_norm_s8", {image8, gamma, gamma}, out8, {2, one, 0, -128, 127}},
      {"layer_norm_f32", {image32, gamma, gamma}, out32, {2, one}},
      {"lut_s8", {image8, Constant<int8_t>({256}, Counting<int8_t>(256))}, out8, {}},
      {"binary_f32", {image32, Value<float>({3, 2}, r)}, out32, {0, none, one}},
      {"unary_f32", {image32}, out32, {1, none, none}},
  };
}

inline std::vector<NodeValue> ResizeSamples() {
  const TensorValue image8 = Value<int8_t>({1, 2, 2, 3}, Counting<int8_t>(12));
  const TensorValue image32 = Value<float>({1, 2, 2, 3}, {0.5f, 1.0f});
  const TensorValue iy = Constant<int32_t>({3, 2}, {0, 1, 0, 1, 1, 1});
  const TensorValue ix = Constant<int32_t>({2, 2}, {0, 1, 1, 0});
  const TensorValue wy = Constant<float>({3}, {0.25f, 0.5f, 1.0f});
  const TensorValue wx = Constant<float>({2}, {0.25f, 0.0f});
  return {
      {"resize_bilinear_s8", {image8, iy, wy, ix, wx}, Blank(EDGEC_S8, {1, 3, 2, 3}), {}},
      {"resize_bilinear_f32", {image32, iy, wy, ix, wx}, Blank(EDGEC_F32, {1, 3, 2, 3}), {}},
      {"resize_nearest",
       {image8, Constant<int32_t>({3}, {0, 1, 1}), Constant<int32_t>({2}, {1, 0})},
       Blank(EDGEC_S8, {1, 3, 2, 3}),
       {}},
  };
}

inline std::vector<NodeValue> MovementSamples() {
  const TensorValue x = Value<int32_t>({2, 3, 4}, Counting<int32_t>(24));
  return {
      {"reshape", {x}, Blank(EDGEC_S32, {4, 6}), {}},
      {"transpose", {x}, Blank(EDGEC_S32, {4, 2, 3}), {2, 0, 1}},
      {"concat", {x, x}, Blank(EDGEC_S32, {2, 6, 4}), {1}},
      {"slice", {x}, Blank(EDGEC_S32, {1, 2, 2}), {1, 0, 1, 1, 2, 2}},
      {"pad", {x}, Blank(EDGEC_S32, {3, 5, 5}), {1, 1, 0, 7}},
      {"gather", {x, Value<int64_t>({2}, {2, -3})}, Blank(EDGEC_S32, {2, 2, 4}), {2, 3, 4}},
      {"cast", {x}, Blank(EDGEC_F32, {2, 3, 4}), {}},
  };
}

inline std::vector<NodeValue> AllSamples() {
  std::vector<NodeValue> all = ArithmeticSamples();
  for (const auto& more : {ResizeSamples(), MovementSamples()}) {
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

inline NodeValue SampleOf(const std::string& op) {
  for (const NodeValue& sample : AllSamples()) {
    if (sample.op == op) return sample;
  }
  Fail(__FILE__, __LINE__, "no sample of %s", op.c_str());
}

}  // namespace edgec_test

#endif  // EDGEC_TESTS_NODE_SAMPLES_H_
