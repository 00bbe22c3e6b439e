// fully_connected and batch_matmul against their definitions; and nodes that must be refused.
#include "conv2d_case.h"

namespace edgec_test {
namespace {

constexpr int32_t kQmin = -128, kQmax = 127;

// ---- fully_connected: as conv2d over one line of pixels

struct Rows {
  uint32_t a, b, k, n;  // x [a,b,k], y [a,b,n]
  Conv2dShape shape() const { return {1, 1, a * b, k, n, 1, 1, 1, 1, 1, 1, 0, 0, 1, a * b, 1}; }
};

const Rows kRows[] = {{1, 1, 64, 10}, {2, 3, 13, 33}, {1, 9, 4, 16}, {1, 1, 1280, 1000}};

struct FullyConnectedData {
  std::vector<int8_t> x, w;
  std::vector<int32_t> bias, wsum;
  std::vector<float> mult;
};

FullyConnectedData MakeData(const Rows& rows) {
  Random random(rows.k);
  FullyConnectedData data;
  data.x.resize(size_t{rows.a} * rows.b * rows.k);
  data.w.resize(size_t{rows.n} * rows.k);
  FillRandom(&data.x, &random);
  FillRandom(&data.w, &random);
  for (size_t j = 0; j < rows.n; ++j) {
    int32_t sum = 0;
    for (size_t p = 0; p < rows.k; ++p) sum += data.w[j * rows.k + p];
    data.wsum.push_back(sum);
    data.bias.push_back(random.Within(-9999, 9999) - 5 * sum);
    data.mult.push_back(static_cast<float>(random.Within(1, 9)) / static_cast<float>(rows.k) *
                        3e-3f);
  }
  return data;
}

OpCase MakeCase(const Rows& rows, const FullyConnectedData& data) {
  const Conv2dShape s = rows.shape();
  const uint32_t padded = static_cast<uint32_t>(Padded(rows.n)), blocks = (rows.k + 3) / 4;
  OpCase made;
  made.op = "fully_connected_s8";
  made.inputs.push_back(MakeTensor<int8_t>({rows.a, rows.b, rows.k}, data.x));
  made.inputs.push_back(MakeConstant<int8_t>({1, padded / 16, blocks, 16, 4},
                                             PackGroups(s, data.w, 4), edgec::Layout::kS8x16c4));
  made.inputs.push_back(MakeConstant<int32_t>({1, padded}, PadGroups(s, data.bias)));
  made.inputs.push_back(MakeConstant<int32_t>({1, padded}, PadGroups(s, data.wsum)));
  made.inputs.push_back(MakeConstant<float>({1, padded}, PadGroups(s, data.mult)));
  made.output = MakeTensor<int8_t>({rows.a, rows.b, rows.n});
  made.params = {5, -6, kQmin, kQmax};
  return made;
}

EDGEC_TEST_EACH_ISA(fully_connected_s8_gives_the_bytes_of_its_definition) {
  const edgec::IsaSet all = edgec::IsaSet::Detect();
  if (!all.Has(isa)) EDGEC_SKIP("this CPU lacks the instruction set");
  for (const Rows& rows : kRows) {
    const FullyConnectedData data = MakeData(rows);
    OpCase test = MakeCase(rows, data);
    EDGEC_CHECK_EQ(test.Prepare(all.LimitedTo(isa), 2), EDGEC_OK);
    EDGEC_CHECK_EQ(test.Run(), EDGEC_OK);
    Describe("%s k=%u n=%u", test.kernel, rows.k, rows.n);
    for (size_t at = 0; at < size_t{rows.a} * rows.b * rows.n; ++at) {
      const size_t j = at % rows.n, row = at / rows.n;
      int32_t acc = data.bias[j];
      for (size_t p = 0; p < rows.k; ++p) acc += data.x[row * rows.k + p] * data.w[j * rows.k + p];
      EDGEC_CHECK_EQ(test.output.as<int8_t>()[at], Requant(acc, data.mult[j], -6, kQmin, kQmax));
    }
  }
}

EDGEC_TEST_EACH_ISA(fully_connected_f32_is_close_to_its_definition) {
  const edgec::IsaSet all = edgec::IsaSet::Detect();
  if (!all.Has(isa)) EDGEC_SKIP("this CPU lacks the instruction set");
  for (const Rows& rows : kRows) {
    const Conv2dShape s = rows.shape();
    const uint32_t padded = static_cast<uint32_t>(Padded(rows.n));
    Random random(rows.k);
    std::vector<float> x(size_t{rows.a} * rows.b * rows.k), w(size_t{rows.n} * rows.k),
        bias(rows.n);
    for (std::vector<float>* values : {&x, &w, &bias}) FillRandom(values, &random);
    OpCase test;
    test.op = "fully_connected_f32";
    test.inputs.push_back(MakeTensor<float>({rows.a, rows.b, rows.k}, x));
    test.inputs.push_back(MakeConstant<float>({1, padded / 16, rows.k, 16}, PackGroups(s, w, 1),
                                              edgec::Layout::kF32x16));
    test.inputs.push_back(MakeConstant<float>({1, padded}, PadGroups(s, bias)));
    test.output = MakeTensor<float>({rows.a, rows.b, rows.n});
    test.params = {Bits(-2.0f), Bits(INFINITY)};
    EDGEC_CHECK_EQ(test.Prepare(all.LimitedTo(isa), 2), EDGEC_OK);
    EDGEC_CHECK_EQ(test.Run(), EDGEC_OK);
    Describe("%s k=%u n=%u", test.kernel, rows.k, rows.n);
    for (size_t at = 0; at < size_t{rows.a} * rows.b * rows.n; ++at) {
      const size_t j = at % rows.n, row = at / rows.n;
      FloatSum sum;
      sum.Add(bias[j]);
      for (size_t p = 0; p < rows.k; ++p) {
        sum.Add(double{x[row * rows.k + p]} * double{w[j * rows.k + p]});
      }
      EDGEC_CHECK(sum.Near(test.output.as<float>()[at], -2.0, INFINITY));
    }
  }
}

EDGEC_TEST(fully_connected_s8_wrong_nodes_are_refused) {
  const auto prepare = [](void (*damage)(OpCase&)) {
    OpCase test = MakeCase(kRows[1], MakeData(kRows[1]));
    damage(test);
    return test.Prepare(edgec::IsaSet::Detect(), 1);
  };
  EDGEC_CHECK_EQ(prepare([](OpCase&) {}), EDGEC_OK);
  EDGEC_CHECK_EQ(prepare([](OpCase& c) { c.output.tensor.rank = 2; }), EDGEC_E_OP_TYPE);
  EDGEC_CHECK_EQ(prepare([](OpCase& c) { c.inputs[0].tensor.rank = 0; }), EDGEC_E_OP_TYPE);
  EDGEC_CHECK_EQ(prepare([](OpCase& c) { c.output.tensor.dims[1] = 4; }), EDGEC_E_OP_SHAPE);
  EDGEC_CHECK_EQ(prepare([](OpCase& c) { c.output.tensor.dims[2] = 49; }), EDGEC_E_OP_SHAPE);
  EDGEC_CHECK_EQ(prepare([](OpCase& c) { c.inputs[0].tensor.dims[2] = 17; }), EDGEC_E_OP_SHAPE);
  EDGEC_CHECK_EQ(prepare([](OpCase& c) { c.inputs[1].tensor.dims[0] = 2; }), EDGEC_E_OP_SHAPE);
  EDGEC_CHECK_EQ(prepare([](OpCase& c) { c.params[0] = 200; }), EDGEC_E_OP_PARAM);
}

// ---- batch_matmul

struct Product {
  uint32_t batch, m, k, n;
  int32_t transpose_b, zp_a, zp_b;
};

const Product kProducts[] = {
    {1, 1, 4, 16, 0, 0, 0},   {2, 5, 32, 33, 0, 3, 0},    {3, 17, 7, 9, 1, -5, 9},
    {1, 4, 64, 40, 1, 0, -9}, {2, 20, 130, 300, 0, 1, 2}, {1, 9, 1, 1, 1, -128, 127},
};

size_t AtB(const Product& s, size_t batch, size_t p, size_t j) {
  return batch * s.k * s.n + (s.transpose_b ? j * s.k + p : p * s.n + j);
}

template <class T>
OpCase MakeProduct(const char* op, const Product& s, const std::vector<T>& a,
                   const std::vector<T>& b) {
  OpCase made;
  made.op = op;
  made.inputs.push_back(MakeTensor<T>({s.batch, 1, s.m, s.k}, a));
  made.inputs.push_back(s.transpose_b ? MakeTensor<T>({s.batch, 1, s.n, s.k}, b)
                                      : MakeTensor<T>({s.batch, 1, s.k, s.n}, b));
  made.output = MakeTensor<T>({s.batch, 1, s.m, s.n});
  made.params = {s.transpose_b};
  return made;
}

// Calls body(index of y, index into a, index into b) for each product.
template <class Body, class Finish>
void ForOutputs(const Product& s, Body body, Finish finish) {
  for (size_t row = 0; row < size_t{s.batch} * s.m; ++row) {
    for (size_t j = 0; j < s.n; ++j) {
      for (size_t p = 0; p < s.k; ++p) body(row * s.k + p, AtB(s, row / s.m, p, j));
      finish(row * s.n + j);
    }
  }
}

OpCase MakeProductS8(const Product& s, const std::vector<int8_t>& a, const std::vector<int8_t>& b,
                     float mult) {
  OpCase test = MakeProduct("batch_matmul_s8", s, a, b);
  for (int32_t param : {s.zp_a, s.zp_b, Bits(mult), 11, kQmin, kQmax}) test.params.push_back(param);
  return test;
}

EDGEC_TEST_EACH_ISA(batch_matmul_s8_gives_the_bytes_of_its_definition) {
  const edgec::IsaSet all = edgec::IsaSet::Detect();
  if (!all.Has(isa)) EDGEC_SKIP("this CPU lacks the instruction set");
  for (const Product& s : kProducts) {
    Random random(s.k);
    std::vector<int8_t> a(size_t{s.batch} * s.m * s.k), b(size_t{s.batch} * s.k * s.n);
    for (std::vector<int8_t>* values : {&a, &b}) {
      for (int8_t& value : *values) value = static_cast<int8_t>(random.Within(-128, 127));
    }
    const float mult = 0.003f / static_cast<float>(s.k);
    for (uint32_t threads : {1, 3}) {
      OpCase test = MakeProductS8(s, a, b, mult);
      EDGEC_CHECK_EQ(test.Prepare(all.LimitedTo(isa), threads), EDGEC_OK);
      EDGEC_CHECK_EQ(test.Run(), EDGEC_OK);
      Describe("%s m=%u k=%u n=%u transpose_b=%d", test.kernel, s.m, s.k, s.n, s.transpose_b);
      int32_t acc = 0;
      ForOutputs(
          s, [&](size_t at_a, size_t at_b) { acc += (a[at_a] - s.zp_a) * (b[at_b] - s.zp_b); },
          [&](size_t at) {
            EDGEC_CHECK_EQ(test.output.as<int8_t>()[at], Requant(acc, mult, 11, kQmin, kQmax));
            acc = 0;
          });
    }
  }
}

// Both sides may hold −128, unlike weights.
EDGEC_TEST_EACH_ISA(batch_matmul_s8_of_all_minus_128_is_exact) {
  const edgec::IsaSet all = edgec::IsaSet::Detect();
  if (!all.Has(isa)) EDGEC_SKIP("this CPU lacks the instruction set");
  const Product s{1, 9, 64, 17, 1, 0, 0};
  const std::vector<int8_t> a(s.m * s.k, -128), b(s.k * s.n, -128);
  OpCase test = MakeProductS8(s, a, b, 1e-4f);
  EDGEC_CHECK_EQ(test.Prepare(all.LimitedTo(isa), 1), EDGEC_OK);
  EDGEC_CHECK_EQ(test.Run(), EDGEC_OK);
  for (size_t at = 0; at < s.m * s.n; ++at) {
    EDGEC_CHECK_EQ(test.output.as<int8_t>()[at], Requant(64 * 16384, 1e-4f, 11, kQmin, kQmax));
  }
}

EDGEC_TEST_EACH_ISA(batch_matmul_f32_is_close_to_its_definition) {
  const edgec::IsaSet all = edgec::IsaSet::Detect();
  if (!all.Has(isa)) EDGEC_SKIP("this CPU lacks the instruction set");
  for (const Product& s : kProducts) {
    Random random(s.k);
    std::vector<float> a(size_t{s.batch} * s.m * s.k), b(size_t{s.batch} * s.k * s.n);
    for (std::vector<float>* values : {&a, &b}) FillRandom(values, &random);
    OpCase test = MakeProduct("batch_matmul_f32", s, a, b);
    EDGEC_CHECK_EQ(test.Prepare(all.LimitedTo(isa), 3), EDGEC_OK);
    EDGEC_CHECK_EQ(test.Run(), EDGEC_OK);
    Describe("%s m=%u k=%u n=%u transpose_b=%d", test.kernel, s.m, s.k, s.n, s.transpose_b);
    FloatSum sum;
    ForOutputs(
        s, [&](size_t at_a, size_t at_b) { sum.Add(double{a[at_a]} * double{b[at_b]}); },
        [&](size_t at) {
          EDGEC_CHECK(sum.Near(test.output.as<float>()[at], -INFINITY, INFINITY));
          sum = FloatSum();
        });
  }
}

EDGEC_TEST(batch_matmul_s8_wrong_nodes_are_refused) {
  const auto prepare = [](void (*damage)(OpCase&)) {
    const Product s{2, 3, 8, 5, 0, 1, 2};
    OpCase test = MakeProductS8(s, std::vector<int8_t>(48), std::vector<int8_t>(80), 0.1f);
    damage(test);
    return test.Prepare(edgec::IsaSet::Detect(), 1);
  };
  EDGEC_CHECK_EQ(prepare([](OpCase&) {}), EDGEC_OK);
  EDGEC_CHECK_EQ(prepare([](OpCase& c) { c.params.pop_back(); }), EDGEC_E_OP_PARAM);
  EDGEC_CHECK_EQ(prepare([](OpCase& c) { c.inputs[1].tensor.dtype = EDGEC_F32; }), EDGEC_E_OP_TYPE);
  EDGEC_CHECK_EQ(prepare([](OpCase& c) { c.inputs[1].tensor.rank = 3; }), EDGEC_E_OP_TYPE);
  EDGEC_CHECK_EQ(prepare([](OpCase& c) { c.params[0] = 2; }), EDGEC_E_OP_PARAM);
  EDGEC_CHECK_EQ(prepare([](OpCase& c) { c.params[0] = 1; }), EDGEC_E_OP_SHAPE);  // b is [k,n]
  EDGEC_CHECK_EQ(prepare([](OpCase& c) { c.inputs[1].tensor.dims[0] = 1; }), EDGEC_E_OP_SHAPE);
  EDGEC_CHECK_EQ(prepare([](OpCase& c) { c.inputs[1].tensor.dims[2] = 9; }), EDGEC_E_OP_SHAPE);
  EDGEC_CHECK_EQ(prepare([](OpCase& c) { c.output.tensor.dims[3] = 6; }), EDGEC_E_OP_SHAPE);
  EDGEC_CHECK_EQ(prepare([](OpCase& c) { c.params[1] = -129; }), EDGEC_E_OP_PARAM);
  EDGEC_CHECK_EQ(prepare([](OpCase& c) { c.params[3] = Bits(NAN); }), EDGEC_E_OP_PARAM);
  EDGEC_CHECK_EQ(prepare([](OpCase& c) { c.params[5] = 300; }), EDGEC_E_OP_PARAM);
}

}  // namespace
}  // namespace edgec_test
