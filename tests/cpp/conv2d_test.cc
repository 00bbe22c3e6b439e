// conv2d against its definition: geometries, groups, tails, threads; and nodes that must be
// refused.
#include "conv2d_s8_case.h"

namespace edgec_test {
namespace {

// n  h  w  c  o | kernel, stride, dilation, pad top and left | out | groups
const Conv2dShape kShapes[] = {
    {1, 5, 6, 4, 16, 1, 1, 1, 1, 1, 1, 0, 0, 5, 6, 1},       // 1×1
    {2, 7, 5, 8, 17, 3, 3, 1, 1, 1, 1, 1, 1, 7, 5, 1},       // two images, one column too many
    {1, 9, 9, 3, 8, 3, 3, 2, 2, 1, 1, 0, 0, 5, 5, 1},        // first layer; taps past the far edge
    {1, 11, 4, 1, 5, 10, 4, 2, 2, 1, 1, 4, 1, 6, 2, 1},      // kernel larger than the image
    {1, 8, 8, 12, 40, 3, 2, 1, 2, 2, 3, 2, 1, 8, 4, 1},      // dilated
    {1, 6, 6, 16, 24, 3, 3, 1, 1, 1, 1, 1, 1, 6, 6, 4},      // groups of 4 channels
    {1, 6, 6, 6, 12, 3, 3, 2, 1, 1, 2, 1, 0, 3, 6, 2},       // groups of 3 channels, dilated
    {1, 4, 4, 5, 10, 2, 2, 1, 1, 1, 1, 0, 0, 3, 3, 5},       // channel multiplier 2
    {1, 3, 3, 4, 3, 1, 1, 5, 7, 1, 1, 2, 3, 3, 3, 1},        // strides over the image's end
    {1, 1, 1, 260, 70, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1},     // one row
    {1, 3, 40, 64, 600, 3, 3, 1, 1, 1, 1, 1, 1, 3, 40, 1},   // several chunks of columns
    {2, 12, 11, 64, 72, 3, 3, 1, 1, 1, 1, 1, 0, 12, 11, 1},  // many tiles of outputs
};

EDGEC_TEST_EACH_ISA(conv2d_s8_gives_the_bytes_of_its_definition) {
  const edgec::IsaSet all = edgec::IsaSet::Detect();
  if (!all.Has(isa)) EDGEC_SKIP("this CPU lacks the instruction set");
  for (const Conv2dShape& s : kShapes) {
    const S8Data data = MakeS8Data(s);
    for (uint32_t threads : {1, 3}) {
      OpCase test = MakeS8Case(s, data);
      EDGEC_CHECK_EQ(test.Prepare(all.LimitedTo(isa), threads), EDGEC_OK);
      EDGEC_CHECK_EQ(test.Run(), EDGEC_OK);
      Describe("%s shape %d threads %u", test.kernel, static_cast<int>(&s - kShapes), threads);
      CheckS8Output(s, data, test.output.as<int8_t>());
    }
  }
}

// What conv2d gives without its residual is add_s8's a.
int8_t AddS8(const std::vector<int32_t>& p, int32_t a, int32_t b) {
  const int32_t sum = ((p[0] + a * p[1] + b * p[2]) >> p[3]) + p[4];
  return static_cast<int8_t>(std::min(std::max(sum, p[5]), p[6]));
}

// The residual beside the output, or under it.
void CheckResidual(const Conv2dShape& s, edgec::IsaSet isa, uint32_t threads, bool in_place) {
  const S8Data data = MakeS8Data(s);
  OpCase plain = MakeS8Case(s, data), test = MakeS8Case(s, data);
  EDGEC_CHECK_EQ(plain.Prepare(isa, threads), EDGEC_OK);
  EDGEC_CHECK_EQ(plain.Run(), EDGEC_OK);
  Random random(s.o);
  std::vector<int8_t> residual(s.rows() * s.o);
  for (int8_t& value : residual) value = static_cast<int8_t>(random.Within(-128, 127));
  const std::vector<int32_t> params = {-9000, 21000, -16000, 14, 3, -90, 110};
  test.inputs.push_back(MakeTensor<int8_t>({s.n, s.out_h, s.out_w, s.o}, residual));
  test.params.insert(test.params.end(), params.begin(), params.end());
  if (in_place) test.output.tensor.data = test.inputs.back().tensor.data;
  EDGEC_CHECK_EQ(test.Prepare(isa, threads), EDGEC_OK);
  EDGEC_CHECK_EQ(test.Run(), EDGEC_OK);
  Describe("%s shape %d threads %u", test.kernel, static_cast<int>(&s - kShapes), threads);
  for (size_t at = 0; at < residual.size(); ++at) {
    EDGEC_CHECK_EQ(test.output.as<int8_t>()[at],
                   AddS8(params, plain.output.as<int8_t>()[at], residual[at]));
  }
}

EDGEC_TEST_EACH_ISA(conv2d_s8_with_a_residual_gives_the_bytes_of_both_ops) {
  const edgec::IsaSet all = edgec::IsaSet::Detect();
  if (!all.Has(isa)) EDGEC_SKIP("this CPU lacks the instruction set");
  for (const Conv2dShape& s : kShapes) {
    for (uint32_t threads : {1, 3}) {
      CheckResidual(s, all.LimitedTo(isa), threads, false);
      CheckResidual(s, all.LimitedTo(isa), threads, true);
    }
  }
}

struct F32Data {
  std::vector<float> x, w, bias;
};

F32Data MakeF32Data(const Conv2dShape& s) {
  Random random(s.c * 1000 + s.o);
  F32Data data;
  data.x.resize(size_t{s.n} * s.h * s.w * s.c);
  data.w.resize(s.o * s.taps() * s.depth());
  data.bias.resize(s.o);
  for (std::vector<float>* values : {&data.x, &data.w, &data.bias}) FillRandom(values, &random);
  return data;
}

OpCase MakeF32Case(const Conv2dShape& s, const F32Data& data) {
  const uint32_t padded = static_cast<uint32_t>(Padded(s.columns()));
  const uint32_t depth = static_cast<uint32_t>(s.taps() * s.depth());
  OpCase made;
  made.op = "conv2d_f32";
  made.inputs.push_back(MakeTensor<float>({s.n, s.h, s.w, s.c}, data.x));
  made.inputs.push_back(MakeConstant<float>({s.groups, padded / 16, depth, 16},
                                            PackGroups(s, data.w, 1), edgec::Layout::kF32x16));
  made.inputs.push_back(MakeConstant<float>({s.groups, padded}, PadGroups(s, data.bias)));
  made.output = MakeTensor<float>({s.n, s.out_h, s.out_w, s.o});
  made.params = s.params();
  for (int32_t param : {static_cast<int32_t>(s.groups), Bits(-1.0f), Bits(2.0f)}) {
    made.params.push_back(param);
  }
  return made;
}

EDGEC_TEST_EACH_ISA(conv2d_f32_is_close_to_its_definition) {
  const edgec::IsaSet all = edgec::IsaSet::Detect();
  if (!all.Has(isa)) EDGEC_SKIP("this CPU lacks the instruction set");
  for (const Conv2dShape& s : kShapes) {
    const F32Data data = MakeF32Data(s);
    OpCase test = MakeF32Case(s, data);
    EDGEC_CHECK_EQ(test.Prepare(all.LimitedTo(isa), 2), EDGEC_OK);
    EDGEC_CHECK_EQ(test.Run(), EDGEC_OK);
    Describe("%s shape %d", test.kernel, static_cast<int>(&s - kShapes));
    for (size_t at = 0; at < s.rows() * s.o; ++at) {
      FloatSum sum;
      sum.Add(data.bias[at % s.o]);
      ForProducts<float>(s, data.x.data(), 0.0f, at / s.o, at % s.o,
                         [&](float x, size_t w) { sum.Add(double{x} * double{data.w[w]}); });
      EDGEC_CHECK(sum.Near(test.output.as<float>()[at], -1.0, 2.0));
    }
  }
}

// A small right node, and ways to make it wrong.
OpCase RightCase() {
  const Conv2dShape s{1, 4, 4, 8, 4, 3, 3, 1, 1, 1, 1, 1, 1, 4, 4, 2};
  return MakeS8Case(s, MakeS8Data(s));
}

edgec_status PrepareWrong(void (*damage)(OpCase&)) {
  OpCase test = RightCase();
  damage(test);
  const edgec_status status = test.Prepare(edgec::IsaSet::Detect(), 1);
  if (status != EDGEC_OK) EDGEC_CHECK(test.error[0] != '\0');
  return status;
}

EDGEC_TEST(conv2d_s8_right_node_is_accepted) {
  EDGEC_CHECK_EQ(PrepareWrong([](OpCase&) {}), EDGEC_OK);
}

EDGEC_TEST(conv2d_s8_wrong_counts_and_types_are_refused) {
  EDGEC_CHECK_EQ(PrepareWrong([](OpCase& c) { c.inputs.pop_back(); }), EDGEC_E_OP_TYPE);
  EDGEC_CHECK_EQ(PrepareWrong([](OpCase& c) { c.params.pop_back(); }), EDGEC_E_OP_PARAM);
  EDGEC_CHECK_EQ(PrepareWrong([](OpCase& c) { c.params.push_back(0); }), EDGEC_E_OP_PARAM);
  EDGEC_CHECK_EQ(PrepareWrong([](OpCase& c) { c.inputs[0].tensor.dtype = EDGEC_U8; }),
                 EDGEC_E_OP_TYPE);
  EDGEC_CHECK_EQ(PrepareWrong([](OpCase& c) { c.output.tensor.dtype = EDGEC_F32; }),
                 EDGEC_E_OP_TYPE);
  EDGEC_CHECK_EQ(PrepareWrong([](OpCase& c) { c.inputs[1].tensor.layout = edgec::Layout::kPlain; }),
                 EDGEC_E_OP_TYPE);
  for (size_t i = 1; i < 5; ++i) {
    OpCase test = RightCase();
    test.inputs[i].tensor.constant = false;
    EDGEC_CHECK_EQ(test.Prepare(edgec::IsaSet::Detect(), 1), EDGEC_E_OP_TYPE);
  }
}

edgec_status PrepareWrongResidual(const OpTensor& like, std::vector<int32_t> params) {
  OpCase test = RightCase();
  test.inputs.emplace_back();
  test.inputs.back().tensor = like.tensor;
  test.params.insert(test.params.end(), params.begin(), params.end());
  return test.Prepare(edgec::IsaSet::Detect(), 1);
}

EDGEC_TEST(conv2d_s8_wrong_residuals_are_refused) {
  const OpTensor right = MakeTensor<int8_t>({1, 4, 4, 4}), broadcast = MakeTensor<int8_t>({4});
  const OpTensor wide = MakeTensor<float>({1, 4, 4, 4});
  const std::vector<int32_t> params = {0, 1 << 20, 1 << 20, 20, 0, -128, 127};
  EDGEC_CHECK_EQ(PrepareWrongResidual(right, params), EDGEC_OK);
  EDGEC_CHECK_EQ(PrepareWrongResidual(broadcast, params), EDGEC_E_OP_SHAPE);
  EDGEC_CHECK_EQ(PrepareWrongResidual(wide, params), EDGEC_E_OP_TYPE);
  EDGEC_CHECK_EQ(PrepareWrongResidual(right, {0, 1, 1, 20, 0, -128}), EDGEC_E_OP_PARAM);
  EDGEC_CHECK_EQ(PrepareWrongResidual(right, {0, 1 << 30, 1, 20, 0, -128, 127}), EDGEC_E_OP_PARAM);
  EDGEC_CHECK_EQ(PrepareWrongResidual(right, {0, 1, 1, 32, 0, -128, 127}), EDGEC_E_OP_PARAM);
  EDGEC_CHECK_EQ(PrepareWrongResidual(right, {0, 1, 1, 20, 0, 5, 4}), EDGEC_E_OP_PARAM);
}

EDGEC_TEST(conv2d_s8_wrong_shapes_are_refused) {
  for (size_t i = 1; i < 5; ++i) {
    for (uint32_t dim = 0; dim < 2; ++dim) {
      OpCase test = RightCase();
      test.inputs[i].tensor.dims[dim] += 1;
      EDGEC_CHECK_EQ(test.Prepare(edgec::IsaSet::Detect(), 1), EDGEC_E_OP_SHAPE);
    }
  }
  EDGEC_CHECK_EQ(PrepareWrong([](OpCase& c) { c.inputs[0].tensor.dims[0] = 2; }), EDGEC_E_OP_SHAPE);
  EDGEC_CHECK_EQ(PrepareWrong([](OpCase& c) { c.inputs[0].tensor.dims[3] = 9; }), EDGEC_E_OP_SHAPE);
  EDGEC_CHECK_EQ(PrepareWrong([](OpCase& c) { c.output.tensor.dims[3] = 36; }), EDGEC_E_OP_SHAPE);
  EDGEC_CHECK_EQ(PrepareWrong([](OpCase& c) { c.output.tensor.dims[3] = 5; }), EDGEC_E_OP_SHAPE);
}

EDGEC_TEST(conv2d_s8_params_out_of_range_are_refused) {
  for (size_t param = 0; param < 8; ++param) {  // kernel, stride, dilation, pad
    for (int32_t value : {-1, 32768, INT32_MAX, INT32_MIN}) {
      OpCase test = RightCase();
      test.params[param] = value;
      EDGEC_CHECK_EQ(test.Prepare(edgec::IsaSet::Detect(), 1), EDGEC_E_OP_PARAM);
    }
  }
  for (int32_t value : {0, -1, INT32_MIN}) {
    OpCase test = RightCase();
    test.params[8] = value;  // groups
    EDGEC_CHECK_EQ(test.Prepare(edgec::IsaSet::Detect(), 1), EDGEC_E_OP_PARAM);
  }
  for (size_t param = 9; param < 13; ++param) {  // zp_in, zp_out, qmin, qmax
    for (int32_t value : {-129, 128, INT32_MAX}) {
      OpCase test = RightCase();
      test.params[param] = value;
      EDGEC_CHECK_EQ(test.Prepare(edgec::IsaSet::Detect(), 1), EDGEC_E_OP_PARAM);
    }
  }
  EDGEC_CHECK_EQ(PrepareWrong([](OpCase& c) { c.params[11] = 121; }), EDGEC_E_OP_PARAM);
}

EDGEC_TEST(conv2d_s8_multiplier_not_finite_is_refused) {
  for (float value : {NAN, INFINITY, -INFINITY}) {
    OpCase test = RightCase();
    test.inputs[4].tensor.out<float>()[15] = value;
    EDGEC_CHECK_EQ(test.Prepare(edgec::IsaSet::Detect(), 1), EDGEC_E_OP_PARAM);
  }
}

// Whatever the far params: nothing is read outside of x, which ends at a guard page.
EDGEC_TEST(conv2d_s8_windows_far_outside_see_only_padding) {
  OpCase test = RightCase();
  test.params[2] = test.params[3] = test.params[4] = test.params[5] = 32767;
  test.params[6] = test.params[7] = 32767;
  EDGEC_CHECK_EQ(test.Prepare(edgec::IsaSet::Detect(), 1), EDGEC_OK);
  EDGEC_CHECK_EQ(test.Run(), EDGEC_OK);
}

EDGEC_TEST(conv2d_f32_wrong_clamp_is_refused) {
  const Conv2dShape s{1, 2, 2, 3, 5, 1, 1, 1, 1, 1, 1, 0, 0, 2, 2, 1};
  OpCase test = MakeF32Case(s, MakeF32Data(s));
  EDGEC_CHECK_EQ(test.Prepare(edgec::IsaSet::Detect(), 1), EDGEC_OK);
  test.params[9] = Bits(NAN);
  EDGEC_CHECK_EQ(test.Prepare(edgec::IsaSet::Detect(), 1), EDGEC_E_OP_PARAM);
  test.params[9] = Bits(3.0f);
  EDGEC_CHECK_EQ(test.Prepare(edgec::IsaSet::Detect(), 1), EDGEC_E_OP_PARAM);
}

}  // namespace
}  // namespace edgec_test
