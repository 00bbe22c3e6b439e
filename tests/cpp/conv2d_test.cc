// conv2d against its definition: geometries, groups, tails, threads; and nodes that must be
// refused.
#include "conv2d_case.h"

namespace edgec_test {
namespace {

constexpr int32_t kZpIn = -3, kZpOut = 4, kQmin = -128, kQmax = 120;

// n  h  w  c  o | kernel, stride, dilation, pad top and left | out | groups
const Conv2dShape kShapes[] = {
    {1, 5, 6, 4, 16, 1, 1, 1, 1, 1, 1, 0, 0, 5, 6, 1},      // 1×1
    {2, 7, 5, 8, 17, 3, 3, 1, 1, 1, 1, 1, 1, 7, 5, 1},      // two images, one column too many
    {1, 9, 9, 3, 8, 3, 3, 2, 2, 1, 1, 0, 0, 5, 5, 1},       // first layer; taps past the far edge
    {1, 11, 4, 1, 5, 10, 4, 2, 2, 1, 1, 4, 1, 6, 2, 1},     // kernel larger than the image
    {1, 8, 8, 12, 40, 3, 2, 1, 2, 2, 3, 2, 1, 8, 4, 1},     // dilated
    {1, 6, 6, 16, 24, 3, 3, 1, 1, 1, 1, 1, 1, 6, 6, 4},     // groups of 4 channels
    {1, 6, 6, 6, 12, 3, 3, 2, 1, 1, 2, 1, 0, 3, 6, 2},      // groups of 3 channels, dilated
    {1, 4, 4, 5, 10, 2, 2, 1, 1, 1, 1, 0, 0, 3, 3, 5},      // channel multiplier 2
    {1, 3, 3, 4, 3, 1, 1, 5, 7, 1, 1, 2, 3, 3, 3, 1},       // strides over the image's end
    {1, 1, 1, 260, 70, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1},    // one row
    {1, 3, 40, 64, 600, 3, 3, 1, 1, 1, 1, 1, 1, 3, 40, 1},  // several chunks of columns
};

struct S8Data {
  std::vector<int8_t> x, w;
  std::vector<int32_t> bias, wsum;  // bias contains −zp_in · Σ w, as in the file
  std::vector<float> mult;
};

S8Data MakeS8Data(const Conv2dShape& s) {
  Random random(s.c * 1000 + s.o);
  S8Data data;
  data.x.resize(size_t{s.n} * s.h * s.w * s.c);
  data.w.resize(s.o * s.taps() * s.depth());
  FillRandom(&data.x, &random);
  FillRandom(&data.w, &random);
  data.x[0] = -128;
  const size_t depth = s.taps() * s.depth();
  for (size_t o = 0; o < s.o; ++o) {
    int32_t sum = 0;
    for (size_t p = 0; p < depth; ++p) sum += data.w[o * depth + p];
    data.wsum.push_back(sum);
    data.bias.push_back(random.Within(-5000, 5000) - kZpIn * sum);
    data.mult.push_back(static_cast<float>(random.Within(100, 900)) / static_cast<float>(depth) *
                        1e-5f);
  }
  return data;
}

OpCase MakeS8Case(const Conv2dShape& s, const S8Data& data) {
  const uint32_t padded = static_cast<uint32_t>(Padded(s.columns()));
  const uint32_t blocks = static_cast<uint32_t>(DepthBlocks(s, 4));
  OpCase made;
  made.op = "conv2d_s8";
  made.inputs.push_back(MakeTensor<int8_t>({s.n, s.h, s.w, s.c}, data.x));
  made.inputs.push_back(MakeConstant<int8_t>({s.groups, padded / 16, blocks, 16, 4},
                                             PackGroups(s, data.w, 4), edgec::Layout::kS8x16c4));
  made.inputs.push_back(MakeConstant<int32_t>({s.groups, padded}, PadGroups(s, data.bias)));
  made.inputs.push_back(MakeConstant<int32_t>({s.groups, padded}, PadGroups(s, data.wsum)));
  made.inputs.push_back(MakeConstant<float>({s.groups, padded}, PadGroups(s, data.mult)));
  made.output = MakeTensor<int8_t>({s.n, s.out_h, s.out_w, s.o});
  made.params = s.params();
  for (int32_t param : {static_cast<int32_t>(s.groups), kZpIn, kZpOut, kQmin, kQmax}) {
    made.params.push_back(param);
  }
  return made;
}

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
      for (size_t at = 0; at < s.rows() * s.o; ++at) {
        int32_t acc = data.bias[at % s.o];
        ForProducts<int8_t>(s, data.x.data(), kZpIn, at / s.o, at % s.o,
                            [&](int8_t x, size_t w) { acc += x * data.w[w]; });
        EDGEC_CHECK_EQ(test.output.as<int8_t>()[at],
                       Requant(acc, data.mult[at % s.o], kZpOut, kQmin, kQmax));
      }
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
