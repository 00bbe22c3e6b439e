// depthwise_conv2d against its definition; and nodes that must be refused.
#include "conv2d_case.h"

namespace edgec_test {
namespace {

constexpr int32_t kZpIn = 7, kZpOut = -4, kQmin = -100, kQmax = 127;

Conv2dShape Depthwise(uint32_t n, uint32_t h, uint32_t w, uint32_t c, int32_t kernel,
                      int32_t stride, int32_t dilation, int32_t pad, uint32_t out) {
  return {n, h, w, c, c, kernel, kernel, stride, stride, dilation, dilation, pad, pad, out, out, c};
}

const Conv2dShape kShapes[] = {
    Depthwise(1, 6, 6, 16, 3, 1, 1, 1, 6),
    Depthwise(2, 9, 9, 33, 3, 2, 1, 0, 5),
    Depthwise(1, 7, 7, 20, 5, 1, 1, 2, 7),
    Depthwise(1, 5, 5, 3, 3, 1, 2, 2, 5),
    Depthwise(1, 4, 4, 1, 2, 3, 1, 1, 2),
    Depthwise(1, 14, 14, 96, 3, 1, 1, 1, 14),
    {1, 4, 52, 200, 200, 3, 3, 1, 1, 1, 1, 1, 1, 4, 52, 200},  // more channels than a ring holds
    {1, 4, 130, 75, 75, 3, 3, 2, 2, 1, 1, 1, 1, 2, 65, 75},
};

// Kernel sides, strides and dilations in all combinations, on narrow and wide images whose windows
// hang over every edge.
std::vector<Conv2dShape> ManyShapes() {
  std::vector<Conv2dShape> shapes(std::begin(kShapes), std::end(kShapes));
  constexpr uint32_t kWidths[] = {1, 2, 5, 8, 13, 20}, kChannels[] = {1, 8, 16, 24, 33, 80, 129};
  uint32_t count = 0;
  for (int32_t kernel_h : {1, 2, 3, 4, 5, 7}) {
    for (int32_t kernel_w : {1, 2, 3, 4, 5, 7}) {
      for (int32_t stride : {1, 2, 3}) {
        for (int32_t dilation : {1, 2}) {
          const uint32_t c = kChannels[count % 7], w = kWidths[count % 6], h = 1 + count % 7;
          const uint32_t out_w = 1 + (count / 2) % 20, out_h = 1 + (count / 3) % 4;
          shapes.push_back({1 + count % 2, h, w, c, c, kernel_h, kernel_w, stride,
                            1 + (stride + static_cast<int32_t>(count)) % 3, dilation, dilation,
                            static_cast<int32_t>(count % 4), static_cast<int32_t>(count % 5), out_h,
                            out_w, c});
          ++count;
        }
      }
    }
  }
  return shapes;
}

// [c][taps] weights as dw16.
template <class T>
std::vector<T> PackDepthwise(const Conv2dShape& s, const std::vector<T>& weights) {
  std::vector<T> packed(Padded(s.c) * s.taps());
  for (size_t c = 0; c < s.c; ++c) {
    for (size_t t = 0; t < s.taps(); ++t) {
      packed[(c / 16 * s.taps() + t) * 16 + c % 16] = weights[c * s.taps() + t];
    }
  }
  return packed;
}

template <class T, class Sum>
struct Data {
  std::vector<T> x, w;
  std::vector<Sum> bias;
  std::vector<float> mult;
};

template <class T, class Sum>
Data<T, Sum> MakeData(const Conv2dShape& s) {
  Random random(s.c * 100 + s.h);
  Data<T, Sum> data;
  data.x.resize(size_t{s.n} * s.h * s.w * s.c);
  data.w.resize(s.c * s.taps());
  data.bias.resize(s.c);
  FillRandom(&data.x, &random);
  FillRandom(&data.w, &random);
  FillRandom(&data.bias, &random);
  for (size_t c = 0; c < s.c; ++c) {
    data.mult.push_back(static_cast<float>(random.Within(500, 5000)) * 1e-6f);
  }
  return data;
}

template <class T, class Sum>
OpCase MakeCase(const char* op, const Conv2dShape& s, const Data<T, Sum>& data) {
  const uint32_t padded = static_cast<uint32_t>(Padded(s.c));
  std::vector<Sum> bias = data.bias;
  bias.resize(padded);
  OpCase made;
  made.op = op;
  made.inputs.push_back(MakeTensor<T>({s.n, s.h, s.w, s.c}, data.x));
  made.inputs.push_back(MakeConstant<T>({padded / 16, static_cast<uint32_t>(s.taps()), 16},
                                        PackDepthwise(s, data.w), edgec::Layout::kDw16));
  made.inputs.push_back(MakeConstant<Sum>({padded}, bias));
  made.output = MakeTensor<T>({s.n, s.out_h, s.out_w, s.c});
  made.params = s.params();
  return made;
}

OpCase MakeS8Case(const Conv2dShape& s, const Data<int8_t, int32_t>& data) {
  OpCase made = MakeCase("depthwise_conv2d_s8", s, data);
  std::vector<float> mult = data.mult;
  mult.resize(Padded(s.c));
  made.inputs.push_back(MakeConstant<float>({static_cast<uint32_t>(mult.size())}, mult));
  for (int32_t param : {kZpIn, kZpOut, kQmin, kQmax}) made.params.push_back(param);
  return made;
}

EDGEC_TEST_EACH_ISA(depthwise_conv2d_s8_gives_the_bytes_of_its_definition) {
  const edgec::IsaSet all = edgec::IsaSet::Detect();
  if (!all.Has(isa)) EDGEC_SKIP("this CPU lacks the instruction set");
  const std::vector<Conv2dShape> shapes = ManyShapes();
  for (const Conv2dShape& s : shapes) {
    const auto data = MakeData<int8_t, int32_t>(s);
    for (uint32_t threads : {1, 3}) {
      OpCase test = MakeS8Case(s, data);
      EDGEC_CHECK_EQ(test.Prepare(all.LimitedTo(isa), threads), EDGEC_OK);
      EDGEC_CHECK_EQ(test.Run(), EDGEC_OK);
      Describe("%s shape %d threads %u", test.kernel, static_cast<int>(&s - shapes.data()),
               threads);
      for (size_t at = 0; at < s.rows() * s.c; ++at) {
        int32_t acc = data.bias[at % s.c];
        ForProducts<int8_t>(s, data.x.data(), kZpIn, at / s.c, at % s.c,
                            [&](int8_t x, size_t w) { acc += x * data.w[w]; });
        EDGEC_CHECK_EQ(test.output.as<int8_t>()[at],
                       Requant(acc, data.mult[at % s.c], kZpOut, kQmin, kQmax));
      }
    }
  }
}

EDGEC_TEST_EACH_ISA(depthwise_conv2d_f32_is_close_to_its_definition) {
  const edgec::IsaSet all = edgec::IsaSet::Detect();
  if (!all.Has(isa)) EDGEC_SKIP("this CPU lacks the instruction set");
  const std::vector<Conv2dShape> shapes = ManyShapes();
  for (const Conv2dShape& s : shapes) {
    const auto data = MakeData<float, float>(s);
    OpCase test = MakeCase("depthwise_conv2d_f32", s, data);
    test.params.push_back(Bits(-1.0f));
    test.params.push_back(Bits(1.5f));
    EDGEC_CHECK_EQ(test.Prepare(all.LimitedTo(isa), 2), EDGEC_OK);
    EDGEC_CHECK_EQ(test.Run(), EDGEC_OK);
    Describe("%s shape %d", test.kernel, static_cast<int>(&s - shapes.data()));
    for (size_t at = 0; at < s.rows() * s.c; ++at) {
      FloatSum sum;
      sum.Add(data.bias[at % s.c]);
      ForProducts<float>(s, data.x.data(), 0.0f, at / s.c, at % s.c,
                         [&](float x, size_t w) { sum.Add(double{x} * double{data.w[w]}); });
      EDGEC_CHECK(sum.Near(test.output.as<float>()[at], -1.0, 1.5));
    }
  }
}

edgec_status PrepareWrong(void (*damage)(OpCase&)) {
  OpCase test = MakeS8Case(kShapes[1], MakeData<int8_t, int32_t>(kShapes[1]));
  damage(test);
  const edgec_status status = test.Prepare(edgec::IsaSet::Detect(), 1);
  if (status != EDGEC_OK) EDGEC_CHECK(test.error[0] != '\0');
  return status;
}

EDGEC_TEST(depthwise_conv2d_s8_right_node_is_accepted) {
  EDGEC_CHECK_EQ(PrepareWrong([](OpCase&) {}), EDGEC_OK);
}

EDGEC_TEST(depthwise_conv2d_s8_wrong_nodes_are_refused) {
  EDGEC_CHECK_EQ(PrepareWrong([](OpCase& c) { c.inputs.pop_back(); }), EDGEC_E_OP_TYPE);
  EDGEC_CHECK_EQ(PrepareWrong([](OpCase& c) { c.params.pop_back(); }), EDGEC_E_OP_PARAM);
  EDGEC_CHECK_EQ(PrepareWrong([](OpCase& c) { c.inputs[1].tensor.dtype = EDGEC_U8; }),
                 EDGEC_E_OP_TYPE);
  EDGEC_CHECK_EQ(PrepareWrong([](OpCase& c) { c.inputs[2].tensor.constant = false; }),
                 EDGEC_E_OP_TYPE);
  EDGEC_CHECK_EQ(PrepareWrong([](OpCase& c) { c.inputs[3].tensor.constant = false; }),
                 EDGEC_E_OP_TYPE);
  EDGEC_CHECK_EQ(PrepareWrong([](OpCase& c) { c.output.tensor.dims[3] = 32; }), EDGEC_E_OP_SHAPE);
  EDGEC_CHECK_EQ(PrepareWrong([](OpCase& c) { c.inputs[1].tensor.dims[1] = 8; }), EDGEC_E_OP_SHAPE);
  EDGEC_CHECK_EQ(PrepareWrong([](OpCase& c) { c.inputs[2].tensor.dims[0] = 33; }),
                 EDGEC_E_OP_SHAPE);
  EDGEC_CHECK_EQ(PrepareWrong([](OpCase& c) { c.inputs[3].tensor.dims[0] = 33; }),
                 EDGEC_E_OP_SHAPE);
  EDGEC_CHECK_EQ(PrepareWrong([](OpCase& c) { c.params[2] = 0; }), EDGEC_E_OP_PARAM);
  EDGEC_CHECK_EQ(PrepareWrong([](OpCase& c) { c.params[8] = 128; }), EDGEC_E_OP_PARAM);
  EDGEC_CHECK_EQ(PrepareWrong([](OpCase& c) { c.params[11] = -101; }), EDGEC_E_OP_PARAM);
  EDGEC_CHECK_EQ(PrepareWrong([](OpCase& c) { c.inputs[3].tensor.out<float>()[0] = NAN; }),
                 EDGEC_E_OP_PARAM);
}

}  // namespace
}  // namespace edgec_test
