// Nodes of conv2d_s8 with random operands, and what they must give.
#ifndef EDGEC_TESTS_CONV2D_S8_CASE_H_
#define EDGEC_TESTS_CONV2D_S8_CASE_H_

#include "conv2d_case.h"

namespace edgec_test {

constexpr int32_t kZpIn = -3, kZpOut = 4, kQmin = -128, kQmax = 120;

struct S8Data {
  std::vector<int8_t> x, w;
  std::vector<int32_t> bias, wsum;  // bias contains −zp_in · Σ w, as in the file
  std::vector<float> mult;
};

inline S8Data MakeS8Data(const Conv2dShape& s) {
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

inline OpCase MakeS8Case(const Conv2dShape& s, const S8Data& data) {
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

// Every value of the output, by the definition.
inline void CheckS8Output(const Conv2dShape& s, const S8Data& data, const int8_t* y) {
  for (size_t at = 0; at < s.rows() * s.o; ++at) {
    int32_t acc = data.bias[at % s.o];
    ForProducts<int8_t>(s, data.x.data(), kZpIn, at / s.o, at % s.o,
                        [&](int8_t x, size_t w) { acc += x * data.w[w]; });
    EDGEC_CHECK_EQ(y[at], Requant(acc, data.mult[at % s.o], kZpOut, kQmin, kQmax));
  }
}

}  // namespace edgec_test
#endif  // EDGEC_TESTS_CONV2D_S8_CASE_H_
