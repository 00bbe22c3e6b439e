// sparse_conv2d_s8 and sparse_fully_connected_s8 against the definition of a convolution with the
// same weights, dense; and weights that must be refused.
#include "conv2d_case.h"
#include "sparse_blocks.h"

namespace edgec_test {
namespace {

constexpr int32_t kZpIn = -3, kZpOut = 4, kQmin = -128, kQmax = 120;

// n  h  w  c  o | kernel, stride, dilation, pad top and left | out | groups
const Conv2dShape kShapes[] = {
    {1, 5, 6, 64, 16, 1, 1, 1, 1, 1, 1, 0, 0, 5, 6, 1},     // 1×1
    {2, 7, 5, 8, 17, 3, 3, 1, 1, 1, 1, 1, 1, 7, 5, 1},      // two images, one column too many
    {1, 9, 9, 3, 8, 3, 3, 2, 2, 1, 1, 0, 0, 5, 5, 1},       // depth of a tap no multiple of 4
    {1, 8, 8, 12, 40, 3, 2, 1, 2, 2, 3, 2, 1, 8, 4, 1},     // dilated
    {1, 3, 3, 4, 3, 1, 1, 5, 7, 1, 1, 2, 3, 3, 3, 1},       // strides over the image's end
    {1, 1, 1, 4444, 20, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1},   // one row, with gaps
    {1, 3, 40, 64, 600, 3, 3, 1, 1, 1, 1, 1, 1, 3, 40, 1},  // several chunks of columns
};

struct SparseData {
  std::vector<int8_t> x, w;  // w: [o][kh][kw][c], zeros where no block is kept
  std::vector<int32_t> bias, wsum;
  std::vector<float> mult;
  SparseBlocks packed;
};

// Where depth p of a tap of s lies in a row of w, and whether it does: taps are filled up.
size_t AtDepth(const Conv2dShape& s, size_t tap, size_t p) { return tap * TapDepth(s) + p; }

// Of 12 blocks one is kept, and none in every fifth column group.
bool Kept(size_t group, size_t tap, size_t block) {
  return group % 5 != 4 && (group * 7 + tap * 5 + block / 100) % 12 == 0;
}

SparseData MakeData(const Conv2dShape& s, size_t columns) {
  Random random(s.c * 1000 + s.o);
  SparseData data;
  const size_t depth = s.taps() * s.depth(), taps = depth / TapDepth(s);
  data.x.resize(size_t{s.n} * s.h * s.w * s.c);
  data.w.resize(s.o * depth);
  FillRandom(&data.x, &random);
  FillRandom(&data.w, &random);
  data.x[0] = -128;
  for (size_t o = 0; o < s.o; ++o) {
    int32_t sum = 0;
    for (size_t p = 0; p < depth; ++p) {
      int8_t& w = data.w[o * depth + p];
      if (!Kept(o / columns, p / TapDepth(s), p % TapDepth(s) / 4)) w = 0;
      sum += w;
    }
    data.wsum.push_back(sum);
    data.bias.push_back(random.Within(-5000, 5000) - kZpIn * sum);
    data.mult.push_back(static_cast<float>(random.Within(100, 900)) / static_cast<float>(depth) *
                        1e-4f);
  }
  const auto weight = [&](size_t column, size_t tap, size_t p) {
    return p < TapDepth(s) ? data.w[column * depth + AtDepth(s, tap, p)] : int8_t{0};
  };
  data.packed = MakeSparseBlocks(columns, s.o, taps, (TapDepth(s) + 3) / 4 * 4, weight, Kept);
  if (data.packed.deltas.empty()) {  // a tensor has an element
    data.packed =
        MakeSparseBlocks(columns, s.o, taps, 4, weight,
                         [](size_t group, size_t tap, size_t) { return group + tap == 0; });
  }
  return data;
}

OpCase MakeCase(const Conv2dShape& s, const SparseData& data, size_t columns) {
  const uint32_t padded = static_cast<uint32_t>(Padded(s.o));
  const uint32_t blocks = static_cast<uint32_t>(data.packed.deltas.size());
  const uint32_t groups = static_cast<uint32_t>((s.o + columns - 1) / columns);
  OpCase made;
  made.op = "sparse_conv2d_s8";
  made.inputs.push_back(MakeTensor<int8_t>({s.n, s.h, s.w, s.c}, data.x));
  made.inputs.push_back(MakeConstant<int8_t>({blocks, static_cast<uint32_t>(columns), 4},
                                             data.packed.blocks, edgec::Layout::kS8Block));
  made.inputs.push_back(MakeConstant<uint32_t>(
      {groups, static_cast<uint32_t>(data.packed.counts.size()) / groups}, data.packed.counts));
  made.inputs.push_back(MakeConstant<uint8_t>({blocks}, data.packed.deltas));
  made.inputs.push_back(MakeConstant<int32_t>({1, padded}, PadGroups(s, data.bias)));
  made.inputs.push_back(MakeConstant<int32_t>({1, padded}, PadGroups(s, data.wsum)));
  made.inputs.push_back(MakeConstant<float>({1, padded}, PadGroups(s, data.mult)));
  made.output = MakeTensor<int8_t>({s.n, s.out_h, s.out_w, s.o});
  made.params = s.params();
  for (int32_t param : {1, kZpIn, kZpOut, kQmin, kQmax}) made.params.push_back(param);
  return made;
}

void CheckResult(const Conv2dShape& s, const SparseData& data, const OpCase& test) {
  for (size_t at = 0; at < s.rows() * s.o; ++at) {
    int32_t acc = data.bias[at % s.o];
    ForProducts<int8_t>(s, data.x.data(), kZpIn, at / s.o, at % s.o,
                        [&](int8_t x, size_t w) { acc += x * data.w[w]; });
    EDGEC_CHECK_EQ(test.output.as<int8_t>()[at],
                   Requant(acc, data.mult[at % s.o], kZpOut, kQmin, kQmax));
  }
}

EDGEC_TEST_EACH_ISA(sparse_conv2d_s8_gives_the_bytes_of_the_dense_definition) {
  const edgec::IsaSet all = edgec::IsaSet::Detect();
  if (!all.Has(isa)) EDGEC_SKIP("this CPU lacks the instruction set");
  for (const Conv2dShape& s : kShapes) {
    for (const size_t columns : {4, 8, 16}) {
      const SparseData data = MakeData(s, columns);
      for (uint32_t threads : {1, 3}) {
        OpCase test = MakeCase(s, data, columns);
        EDGEC_CHECK_EQ(test.Prepare(all.LimitedTo(isa), threads), EDGEC_OK);
        EDGEC_CHECK_EQ(test.Run(), EDGEC_OK);
        Describe("%s shape %d columns %zu threads %u", test.kernel, static_cast<int>(&s - kShapes),
                 columns, threads);
        CheckResult(s, data, test);
      }
    }
  }
}

EDGEC_TEST(sparse_fully_connected_s8_is_the_1x1_convolution) {
  const Conv2dShape s{1, 1, 13, 64, 20, 1, 1, 1, 1, 1, 1, 0, 0, 1, 13, 1};
  const SparseData data = MakeData(s, 16);
  OpCase test = MakeCase(s, data, 16);
  test.op = "sparse_fully_connected_s8";
  test.params.erase(test.params.begin(), test.params.begin() + 9);
  EDGEC_CHECK_EQ(test.Prepare(edgec::IsaSet::Detect(), 2), EDGEC_OK);
  EDGEC_CHECK_EQ(test.Run(), EDGEC_OK);
  CheckResult(s, data, test);
}

// A node of two column groups and three taps of 20 blocks each.
OpCase RightCase() {
  const Conv2dShape s{1, 4, 4, 26, 20, 3, 3, 1, 1, 1, 1, 1, 1, 4, 4, 1};
  return MakeCase(s, MakeData(s, 16), 16);
}

edgec_status PrepareWrong(void (*damage)(OpCase&)) {
  OpCase test = RightCase();
  damage(test);
  const edgec_status status = test.Prepare(edgec::IsaSet::Detect(), 1);
  if (status != EDGEC_OK) EDGEC_CHECK(test.error[0] != '\0');
  return status;
}

EDGEC_TEST(sparse_conv2d_s8_right_node_is_accepted) {
  EDGEC_CHECK_EQ(PrepareWrong([](OpCase&) {}), EDGEC_OK);
}

EDGEC_TEST(sparse_conv2d_s8_wrong_types_and_shapes_are_refused) {
  for (size_t i = 1; i < 7; ++i) {
    OpCase test = RightCase();
    test.inputs[i].tensor.constant = false;
    EDGEC_CHECK_EQ(test.Prepare(edgec::IsaSet::Detect(), 1), EDGEC_E_OP_TYPE);
    test.inputs[i].tensor.constant = true;
    test.inputs[i].tensor.dims[0] += 1;
    EDGEC_CHECK_EQ(test.Prepare(edgec::IsaSet::Detect(), 1), EDGEC_E_OP_SHAPE);
  }
  EDGEC_CHECK_EQ(PrepareWrong([](OpCase& c) { c.params[8] = 2; }), EDGEC_E_OP_PARAM);
  EDGEC_CHECK_EQ(PrepareWrong([](OpCase& c) { c.inputs.pop_back(); }), EDGEC_E_OP_TYPE);
}

EDGEC_TEST(sparse_conv2d_s8_weights_that_leave_a_row_are_refused) {
  EDGEC_CHECK_EQ(PrepareWrong([](OpCase& c) { c.inputs[2].tensor.out<uint32_t>()[5] += 1; }),
                 EDGEC_E_OP_SHAPE);
  EDGEC_CHECK_EQ(PrepareWrong([](OpCase& c) { c.inputs[2].tensor.out<uint32_t>()[1] = 1u << 31; }),
                 EDGEC_E_OP_SHAPE);
  EDGEC_CHECK_EQ(PrepareWrong([](OpCase& c) { c.inputs[3].tensor.out<uint8_t>()[0] = 20; }),
                 EDGEC_E_OP_PARAM);
  EDGEC_CHECK_EQ(PrepareWrong([](OpCase& c) { c.inputs[3].tensor.out<uint8_t>()[1] = 0; }),
                 EDGEC_E_OP_PARAM);
  EDGEC_CHECK_EQ(PrepareWrong([](OpCase& c) { c.inputs[1].tensor.out<int8_t>()[5] = -128; }),
                 EDGEC_E_OP_PARAM);
}

// Counts and deltas at random: refused, or every read stays before the guard pages.
EDGEC_TEST(sparse_conv2d_s8_random_counts_and_deltas_stay_inside) {
  Random random(11);
  int prepared = 0;
  for (int round = 0; round < 400; ++round) {
    OpCase test = RightCase();
    edgec::Tensor& deltas = test.inputs[3].tensor;
    deltas.out<uint8_t>()[random.Next() % deltas.dims[0]] =
        static_cast<uint8_t>(random.Next() % (round % 2 == 0 ? 5 : 256));
    if (round % 4 == 0) {  // moves a block from one tap to the next
      const size_t at = random.Next() % 5;
      test.inputs[2].tensor.out<uint32_t>()[at] -= 1;
      test.inputs[2].tensor.out<uint32_t>()[at + 1] += 1;
    }
    if (test.Prepare(edgec::IsaSet::Detect(), 2) != EDGEC_OK) continue;
    EDGEC_CHECK_EQ(test.Run(), EDGEC_OK);
    ++prepared;
  }
  EDGEC_CHECK(prepared > 20);
  EDGEC_CHECK(prepared < 380);
}

}  // namespace
}  // namespace edgec_test
