// What Prepare refuses, and with which status. Nodes that no rule names are tried in
// op_hostile_test.cc.
#include <climits>
#include <cmath>

#include "node_samples.h"

namespace {

using namespace edgec_test;

edgec_status StatusOf(const NodeValue& value) {
  OpCase made = MakeCase(value);
  const edgec_status status = made.Prepare(edgec::IsaSet::Detect(), 1);
  Describe("%s: %s", made.op, made.error);
  EDGEC_CHECK_EQ(status == EDGEC_OK, made.error[0] == '\0');  // a refusal says why
  return status;
}

EDGEC_TEST(EachSampleIsPreparedAndRuns) {
  for (const NodeValue& sample : AllSamples()) {
    OpCase made = MakeCase(sample);
    Describe("%s", made.op);
    EDGEC_CHECK_EQ(made.Prepare(edgec::IsaSet::Detect(), 1), EDGEC_OK);
    EDGEC_CHECK_EQ(made.Run(), EDGEC_OK);
  }
}

EDGEC_TEST(AMissingInputIsRefused) {
  for (NodeValue sample : AllSamples()) {
    sample.inputs.pop_back();
    EDGEC_CHECK(StatusOf(sample) == EDGEC_E_OP_TYPE);
  }
}

EDGEC_TEST(AnAbsentInputIsRefused) {
  for (const NodeValue& sample : AllSamples()) {
    OpCase made = MakeCase(sample);
    for (size_t absent = 0; absent < made.inputs.size(); ++absent) {
      std::vector<const edgec::Tensor*> inputs;
      for (const OpTensor& input : made.inputs) inputs.push_back(&input.tensor);
      inputs[absent] = nullptr;
      const edgec::Tensor* output = &made.output.tensor;
      const edgec::Node node = {
          made.op, "node", inputs.data(),      static_cast<uint32_t>(inputs.size()),
          &output, 1,      made.params.data(), static_cast<uint32_t>(made.params.size())};
      edgec::PrepareContext context{edgec::IsaSet::Detect(), 1};
      std::unique_ptr<edgec::Op> op;
      Describe("%s input %zu", made.op, absent);
      EDGEC_CHECK_EQ(edgec::FindOp(made.op)(node, context, &op), EDGEC_E_OP_TYPE);
    }
  }
}

EDGEC_TEST(OneInputTooManyIsRefused) {
  for (NodeValue sample : AllSamples()) {
    if (sample.op == "concat") continue;  // takes any number: refused for its shape, below
    sample.inputs.push_back(sample.inputs.back());
    EDGEC_CHECK(StatusOf(sample) == EDGEC_E_OP_TYPE);
  }
}

EDGEC_TEST(OneParamTooManyOrTooFewIsRefused) {
  for (NodeValue sample : AllSamples()) {
    sample.params.push_back(0);
    EDGEC_CHECK(StatusOf(sample) == EDGEC_E_OP_PARAM);
    sample.params.pop_back();
    if (sample.params.empty()) continue;
    sample.params.pop_back();
    EDGEC_CHECK(StatusOf(sample) == EDGEC_E_OP_PARAM);
  }
}

EDGEC_TEST(APackedTensorIsRefused) {
  for (const NodeValue& sample : AllSamples()) {
    for (size_t i = 0; i < sample.inputs.size(); ++i) {
      NodeValue wrong = sample;
      wrong.inputs[i].layout = edgec::Layout::kDw16;
      EDGEC_CHECK(StatusOf(wrong) == EDGEC_E_OP_TYPE);
    }
  }
}

EDGEC_TEST(AWrongTypeIsRefused) {
  for (const NodeValue& sample : AllSamples()) {
    NodeValue wrong = sample;
    wrong.output.dtype = EDGEC_U32;
    EDGEC_CHECK(StatusOf(wrong) != EDGEC_OK);
    wrong = sample;
    wrong.inputs[0].dtype = EDGEC_U32;
    EDGEC_CHECK(StatusOf(wrong) != EDGEC_OK);
    wrong.output.dtype = wrong.inputs[0].dtype;  // right for movement, wrong for arithmetic
    const bool any_type = sample.op == "reshape" || sample.op == "transpose" ||
                          sample.op == "concat" || sample.op == "slice" || sample.op == "pad" ||
                          sample.op == "gather" || sample.op == "resize_nearest";
    if (sample.op == "concat") wrong.inputs[1].dtype = EDGEC_U32;
    EDGEC_CHECK_EQ(StatusOf(wrong) == EDGEC_OK, any_type);
  }
}

EDGEC_TEST(AnOutputOfAnotherSizeIsRefused) {
  for (const NodeValue& sample : AllSamples()) {
    for (size_t i = 0; i < sample.output.dims.size(); ++i) {
      // An output may be larger in the padded dims, and a window may end in the padding.
      if (sample.op == "pad" || sample.op.find("pool2d") != std::string::npos) continue;
      if (sample.op == "slice" && i == 2) continue;
      NodeValue wrong = sample;
      ++wrong.output.dims[i];
      EDGEC_CHECK(StatusOf(wrong) != EDGEC_OK);
    }
    NodeValue wrong = sample;
    if (sample.output.dims.size() == 6) continue;
    wrong.output.dims.insert(wrong.output.dims.begin(), 2);
    EDGEC_CHECK(StatusOf(wrong) != EDGEC_OK);
  }
}

struct BadParam {
  const char* op;
  size_t param;
  int32_t value;
  edgec_status status;
};

EDGEC_TEST(AParamOutOfRangeIsRefused) {
  const int32_t nan = Bits(std::nanf("")), inf = Bits(HUGE_VALF), zero = Bits(0.0f);
  const int32_t negative = Bits(-1.0f), denormal = 1;
  constexpr edgec_status kParam = EDGEC_E_OP_PARAM, kShape = EDGEC_E_OP_SHAPE;
  const BadParam bad[] = {
      {"quantize_f32_s8", 0, zero, kParam},
      {"quantize_f32_s8", 0, nan, kParam},
      {"quantize_f32_s8", 0, inf, kParam},
      {"quantize_f32_s8", 0, denormal, kParam},
      {"quantize_f32_s8", 1, 128, kParam},
      {"quantize_f32_s8", 1, -129, kParam},
      {"dequantize_s8_f32", 0, negative, kParam},
      {"dequantize_s8_f32", 1, INT_MIN, kParam},
      {"add_s8", 0, INT_MIN, kParam},
      {"add_s8", 1, 1 << 24, kParam},
      {"add_s8", 2, INT_MIN, kParam},
      {"add_s8", 3, -1, kParam},
      {"add_s8", 3, 32, kParam},
      {"add_s8", 4, 200, kParam},
      {"add_s8", 5, -129, kParam},
      {"add_s8", 6, -129, kParam},
      {"add_s8", 6, 128, kParam},
      {"mul_s8", 0, 128, kParam},
      {"mul_s8", 1, -129, kParam},
      {"mul_s8", 2, nan, kParam},
      {"mul_s8", 3, 1000, kParam},
      {"mul_s8", 5, 200, kParam},
      {"max_pool2d_s8", 0, 0, kParam},
      {"max_pool2d_s8", 1, -1, kParam},
      {"max_pool2d_s8", 0, 1 << 17, kParam},
      {"max_pool2d_s8", 2, 0, kParam},
      {"max_pool2d_s8", 3, INT_MIN, kParam},
      {"max_pool2d_s8", 4, 3, kParam},
      {"max_pool2d_s8", 5, -1, kParam},
      {"max_pool2d_s8", 2, 60000, kShape},
      {"max_pool2d_f32", 3, 60000, kShape},
      {"average_pool2d_s8", 6, 2, kParam},
      {"average_pool2d_s8", 7, 128, kParam},
      {"average_pool2d_s8", 9, inf, kParam},
      {"average_pool2d_f32", 6, -1, kParam},
      {"mean_s8", 0, 0, kParam},
      {"mean_s8", 0, INT_MAX, kShape},
      {"mean_s8", 1, 1 << 24, kParam},
      {"mean_s8", 2, -2, kParam},
      {"mean_s8", 5, zero, kParam},
      {"mean_f32", 1, 2, kShape},
      {"sum_f32", 2, 3, kShape},
      {"max_f32", 0, INT_MIN, kParam},
      {"softmax_s8", 0, 0, kParam},
      {"softmax_s8", 0, 5, kShape},
      {"softmax_s8", 1, zero, kParam},
      {"softmax_s8", 2, 300, kParam},
      {"softmax_f32", 0, -1, kParam},
      {"softmax_f32", 0, INT_MAX, kShape},
      {"layer_norm_s8", 0, 3, kShape},
      {"layer_norm_s8", 0, 1 << 23, kParam},
      {"layer_norm_s8", 1, negative, kParam},
      {"layer_norm_s8", 1, nan, kParam},
      {"layer_norm_f32", 1, negative, kParam},
      {"binary_f32", 0, 7, kParam},
      {"binary_f32", 0, -1, kParam},
      {"binary_f32", 1, nan, kParam},
      {"binary_f32", 1, inf, kParam},
      {"unary_f32", 0, 20, kParam},
      {"unary_f32", 0, -1, kParam},
      {"unary_f32", 1, nan, kParam},
      {"transpose", 0, 3, kParam},
      {"transpose", 0, -1, kParam},
      {"transpose", 0, 0, kParam},
      {"concat", 0, 3, kParam},
      {"concat", 0, -1, kParam},
      {"concat", 0, 0, kShape},
      {"slice", 0, -1, kParam},
      {"slice", 0, 2, kShape},
      {"slice", 3, 0, kParam},
      {"slice", 5, INT_MAX, kShape},
      {"slice", 2, INT_MAX, kShape},
      {"pad", 0, -1, kParam},
      {"pad", 1, 3, kShape},
      {"pad", 2, INT_MAX, kShape},
      {"gather", 0, 0, kParam},
      {"gather", 1, INT_MAX, kShape},
      {"gather", 2, 2, kShape},
  };
  for (const BadParam& one : bad) {
    NodeValue wrong = SampleOf(one.op);
    wrong.params[one.param] = one.value;
    const edgec_status status = StatusOf(wrong);
    Describe("%s param %zu = %d", one.op, one.param, one.value);
    EDGEC_CHECK_EQ(status, one.status);
  }
}

void CheckTapIsRefused(const char* op, size_t table, size_t place, int32_t tap) {
  NodeValue wrong = SampleOf(op);
  std::memcpy(wrong.inputs[table].bytes.data() + 4 * place, &tap, sizeof(tap));
  EDGEC_CHECK_EQ(StatusOf(wrong), EDGEC_E_OP_PARAM);
}

EDGEC_TEST(ATableThatPointsOutsideOfTheImageIsRefused) {
  for (const int32_t tap : {-1, 2, INT_MAX, INT_MIN}) {
    for (const size_t place : {0, 1}) {  // the first and the second tap of an output position
      for (const size_t table : {1, 3}) {
        CheckTapIsRefused("resize_bilinear_s8", table, place, tap);
        CheckTapIsRefused("resize_bilinear_f32", table, place, tap);
      }
      for (const size_t table : {1, 2}) CheckTapIsRefused("resize_nearest", table, place, tap);
    }
  }
}

EDGEC_TEST(APermutationThatNamesADimTwiceIsRefused) {
  const TensorValue x = Value<int8_t>({2, 2}, {1, 2, 3, 4});
  for (const int32_t dim : {0, 1}) {
    EDGEC_CHECK_EQ(StatusOf({"transpose", {x}, Blank(EDGEC_S8, {2, 2}), {dim, dim}}),
                   EDGEC_E_OP_PARAM);
  }
}

EDGEC_TEST(AWeightOutsideOfZeroToOneIsRefused) {
  for (const float weight : {-0.01f, 1.01f, std::nanf(""), HUGE_VALF}) {
    for (const size_t table : {2, 4}) {
      NodeValue wrong = SampleOf("resize_bilinear_s8");
      std::memcpy(wrong.inputs[table].bytes.data() + 4, &weight, 4);
      EDGEC_CHECK_EQ(StatusOf(wrong), EDGEC_E_OP_PARAM);
    }
  }
}

EDGEC_TEST(ATableThatCouldChangeIsRefused) {
  for (const char* op : {"resize_bilinear_s8", "resize_nearest", "lut_s8", "softmax_s8"}) {
    for (size_t i = 1; i < SampleOf(op).inputs.size(); ++i) {
      NodeValue wrong = SampleOf(op);
      wrong.inputs[i].constant = false;
      EDGEC_CHECK_EQ(StatusOf(wrong), EDGEC_E_OP_TYPE);
    }
  }
}

EDGEC_TEST(ATableOfAnotherLengthIsRefused) {
  for (const char* op : {"resize_bilinear_s8", "resize_bilinear_f32", "resize_nearest", "lut_s8",
                         "softmax_s8", "layer_norm_s8", "layer_norm_f32"}) {
    for (size_t i = 1; i < SampleOf(op).inputs.size(); ++i) {
      NodeValue wrong = SampleOf(op);
      --wrong.inputs[i].dims[0];
      EDGEC_CHECK_EQ(StatusOf(wrong), EDGEC_E_OP_SHAPE);
    }
  }
}

EDGEC_TEST(ShapesThatDoNotBroadcastAreRefused) {
  for (const char* op : {"add_s8", "mul_s8", "binary_f32"}) {
    for (const Dims& dims : std::vector<Dims>{{2, 1}, {3}, {1, 4, 3, 2, 1}, {2, 1, 1, 1}}) {
      NodeValue wrong = SampleOf(op);
      wrong.inputs[1].dims = dims;
      EDGEC_CHECK_EQ(StatusOf(wrong), EDGEC_E_OP_SHAPE);
    }
  }
}

EDGEC_TEST(ImagesOfAnotherRankAreRefused) {
  for (const NodeValue& sample : AllSamples()) {
    const bool image = sample.op.find("pool2d") != std::string::npos ||
                       sample.op.find("resize") != std::string::npos;
    if (!image) continue;
    NodeValue wrong = sample;
    wrong.inputs[0].dims.pop_back();
    EDGEC_CHECK_EQ(StatusOf(wrong), EDGEC_E_OP_SHAPE);
    wrong = sample;
    wrong.output.dims[3] = 1;
    EDGEC_CHECK_EQ(StatusOf(wrong), EDGEC_E_OP_SHAPE);
  }
}

EDGEC_TEST(ACastThatDoesNotExistIsRefused) {
  NodeValue wrong = SampleOf("cast");
  wrong.output.dtype = EDGEC_S8;
  EDGEC_CHECK_EQ(StatusOf(wrong), EDGEC_E_OP_TYPE);
  wrong = SampleOf("cast");
  wrong.inputs[0].dtype = EDGEC_U32;
  EDGEC_CHECK_EQ(StatusOf(wrong), EDGEC_E_OP_TYPE);
}

}  // namespace
