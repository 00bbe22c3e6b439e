// Ops that move elements of any type and compute nothing, each against loops over all indices.
#include <algorithm>
#include <numeric>

#include "kernel_test.h"
#include "node_samples.h"

namespace {

using namespace edgec_test;

size_t CountOf(const Dims& dims) {
  size_t count = 1;
  for (const uint32_t dim : dims) count *= dim;
  return count;
}

std::vector<size_t> IndexOf(size_t element, const Dims& dims) {
  std::vector<size_t> index(dims.size());
  for (size_t i = dims.size(); i-- > 0;) {
    index[i] = element % dims[i];
    element /= dims[i];
  }
  return index;
}

size_t OffsetOf(const std::vector<size_t>& index, const Dims& dims) {
  size_t offset = 0;
  for (size_t i = 0; i < dims.size(); ++i) offset = offset * dims[i] + index[i];
  return offset;
}

template <class T>
void CheckTranspose(const Dims& in, const std::vector<int32_t>& perm) {
  const std::vector<T> x = Counting<T>(CountOf(in), 3);
  Dims out(in.size());
  for (size_t i = 0; i < in.size(); ++i) out[i] = in[static_cast<size_t>(perm[i])];
  std::vector<T> wanted(x.size());
  for (size_t i = 0; i < x.size(); ++i) {
    const std::vector<size_t> to = IndexOf(i, out);
    std::vector<size_t> from(in.size());
    for (size_t d = 0; d < in.size(); ++d) from[static_cast<size_t>(perm[d])] = to[d];
    wanted[i] = x[OffsetOf(from, in)];
  }
  CheckResult<T>({"transpose", {Value<T>(in, x)}, Blank(DtypeOf<T>(), out), perm}, wanted);
}

EDGEC_TEST(TransposeIsRightForEachPermutation) {
  for (const Dims& dims :
       std::vector<Dims>{{}, {5}, {3, 4}, {2, 3, 4}, {3, 1, 5, 2}, {2, 3, 1, 2, 4}}) {
    std::vector<int32_t> perm(dims.size());
    std::iota(perm.begin(), perm.end(), 0);
    do {
      CheckTranspose<int8_t>(dims, perm);
      CheckTranspose<float>(dims, perm);
      CheckTranspose<int64_t>(dims, perm);
    } while (std::next_permutation(perm.begin(), perm.end()));
  }
}

EDGEC_TEST(TransposeBetweenImageLayoutsIsRight) {
  CheckTranspose<int8_t>({1, 3, 20, 33}, {0, 2, 3, 1});
  CheckTranspose<int8_t>({2, 20, 33, 70}, {0, 3, 1, 2});
  CheckTranspose<float>({1, 17, 9, 70}, {0, 3, 1, 2});
  CheckTranspose<float>({2, 65, 40}, {0, 2, 1});
  CheckTranspose<int32_t>({1, 2, 3, 2, 3, 2}, {5, 4, 3, 2, 1, 0});
}

template <class T>
void CheckSlice(const Dims& in, const Dims& out, const std::vector<int32_t>& params) {
  const std::vector<T> x = Counting<T>(CountOf(in), 1);
  std::vector<T> wanted(CountOf(out));
  for (size_t i = 0; i < wanted.size(); ++i) {
    std::vector<size_t> index = IndexOf(i, out);
    for (size_t d = 0; d < in.size(); ++d) {
      index[d] =
          static_cast<size_t>(params[d]) + index[d] * static_cast<size_t>(params[in.size() + d]);
    }
    wanted[i] = x[OffsetOf(index, in)];
  }
  CheckResult<T>({"slice", {Value<T>(in, x)}, Blank(DtypeOf<T>(), out), params}, wanted);
}

EDGEC_TEST(SliceTakesStartsAndSteps) {
  CheckSlice<int8_t>({}, {}, {});
  CheckSlice<int8_t>({9}, {3}, {2, 3});
  CheckSlice<float>({9}, {9}, {0, 1});
  CheckSlice<float>({4, 6}, {2, 6}, {1, 0, 2, 1});
  CheckSlice<int64_t>({4, 6}, {4, 3}, {0, 1, 1, 2});
  CheckSlice<int8_t>({2, 5, 6, 7}, {1, 2, 3, 4}, {1, 1, 0, 2, 1, 3, 2, 1});
  CheckSlice<float>({2, 5, 6, 7}, {2, 5, 6, 1}, {0, 0, 0, 6, 1, 1, 1, 1});
  CheckSlice<int8_t>({2, 3, 2, 3, 2, 3}, {2, 2, 2, 2, 2, 2}, {0, 0, 0, 0, 0, 0, 1, 2, 1, 2, 1, 2});
  CheckSlice<int8_t>({3, 3}, {1, 1}, {2, 2, 2147483647, 2147483647});
}

template <class T>
void CheckPad(const Dims& in, const Dims& out, std::vector<int32_t> params, T value) {
  const std::vector<T> x = Counting<T>(CountOf(in), 1);
  std::vector<T> wanted(CountOf(out), value);
  for (size_t i = 0; i < x.size(); ++i) {
    std::vector<size_t> index = IndexOf(i, in);
    for (size_t d = 0; d < in.size(); ++d) index[d] += static_cast<size_t>(params[d]);
    wanted[OffsetOf(index, out)] = x[i];
  }
  uint32_t bits = 0;
  std::memcpy(&bits, &value, std::min(sizeof(T), sizeof(bits)));
  params.push_back(static_cast<int32_t>(bits));
  CheckResult<T>({"pad", {Value<T>(in, x)}, Blank(DtypeOf<T>(), out), params}, wanted);
}

EDGEC_TEST(PadSurroundsWithTheValue) {
  CheckPad<int8_t>({}, {}, {}, 5);
  CheckPad<int8_t>({4}, {9}, {2}, -128);
  CheckPad<int8_t>({4, 1}, {5, 3}, {1, 0}, 7);
  CheckPad<int8_t>({4, 1}, {4, 3}, {0, 2}, 7);
  CheckPad<float>({1, 3, 4, 5}, {1, 5, 6, 5}, {0, 1, 1, 0}, -2.5f);
  CheckPad<float>({1, 3, 4, 5}, {1, 3, 4, 5}, {0, 0, 0, 0}, 1.0f);
  CheckPad<int64_t>({2, 2}, {4, 3}, {1, 1}, 4000000000);
  CheckPad<int32_t>({2, 1, 2, 1, 2, 2}, {3, 2, 3, 2, 3, 3}, {1, 0, 1, 1, 0, 1}, -9);
}

template <class T>
void CheckConcat(const std::vector<Dims>& parts, uint32_t axis) {
  NodeValue node = {"concat", {}, {}, {static_cast<int32_t>(axis)}};
  Dims out = parts[0];
  out[axis] = 0;
  for (const Dims& dims : parts) out[axis] += dims[axis];
  std::vector<T> wanted(CountOf(out));
  uint32_t begin = 0;
  for (const Dims& dims : parts) {
    const std::vector<T> x = Counting<T>(CountOf(dims), static_cast<T>(10 * begin + 1));
    for (size_t i = 0; i < x.size(); ++i) {
      std::vector<size_t> index = IndexOf(i, dims);
      index[axis] += begin;
      wanted[OffsetOf(index, out)] = x[i];
    }
    node.inputs.push_back(Value<T>(dims, x));
    begin += dims[axis];
  }
  node.output = Blank(DtypeOf<T>(), out);
  CheckResult(node, wanted);
}

EDGEC_TEST(ConcatJoinsAlongEachAxis) {
  CheckConcat<int8_t>({{3}, {1}, {4}}, 0);
  CheckConcat<int8_t>({{2, 3, 4}, {2, 3, 4}}, 0);
  CheckConcat<float>({{2, 3, 4}, {2, 1, 4}, {2, 5, 4}}, 1);
  CheckConcat<int64_t>({{2, 3, 4}, {2, 3, 1}}, 2);
  CheckConcat<int8_t>({{5, 1}, {5, 1}, {5, 1}}, 1);
  CheckConcat<float>({{1, 4, 4, 24}, {1, 4, 4, 8}, {1, 4, 4, 3}}, 3);
}

EDGEC_TEST(ConcatOfOneInputIsRefused) {
  NodeValue node = SampleOf("concat");
  node.inputs.pop_back();
  OpCase made = MakeCase(node);
  EDGEC_CHECK_EQ(made.Prepare(edgec::IsaSet::Detect(), 1), EDGEC_E_OP_TYPE);
}

template <class T, class Index>
void CheckGather(const std::vector<Index>& indices) {
  const size_t outer = 3, axis = 5, inner = 7;
  const std::vector<T> x = Counting<T>(outer * axis * inner);
  std::vector<T> wanted;
  for (size_t o = 0; o < outer; ++o) {
    for (const Index index : indices) {
      const size_t row = static_cast<size_t>(index < 0 ? index + Index{axis} : index);
      const auto from = x.begin() + static_cast<long>((o * axis + row) * inner);
      wanted.insert(wanted.end(), from, from + inner);
    }
  }
  const uint32_t count = static_cast<uint32_t>(indices.size());
  CheckResult<T>({"gather",
                  {Value<T>({outer, axis, inner}, x), Value<Index>({count}, indices)},
                  Blank(DtypeOf<T>(), {outer, count, inner}),
                  {outer, axis, inner}},
                 wanted);
}

EDGEC_TEST(GatherTakesRowsAndCountsNegativeIndicesFromTheEnd) {
  CheckGather<int8_t, int32_t>({0, 4, -1, -5, 2, 2});
  CheckGather<float, int64_t>({-5, 3});
  CheckGather<int64_t, int64_t>({1});
}

template <class Index>
edgec_status RunGather(Index index) {
  NodeValue node = SampleOf("gather");
  node.inputs[1] = Value<Index>({2}, {0, index});
  OpCase made = MakeCase(node);
  EDGEC_CHECK_EQ(made.Prepare(edgec::IsaSet::Detect(), 1), EDGEC_OK);
  return made.Run();
}

EDGEC_TEST(GatherStopsAtAnIndexOutsideOfTheAxis) {
  for (const int32_t bad : {3, -4, INT32_MAX, INT32_MIN}) {
    EDGEC_CHECK_EQ(RunGather<int32_t>(bad), EDGEC_E_INDEX);
    EDGEC_CHECK_EQ(RunGather<int64_t>(bad), EDGEC_E_INDEX);
  }
  EDGEC_CHECK_EQ(RunGather<int64_t>(int64_t{1} << 32), EDGEC_E_INDEX);  // 0 in 32 bits
  EDGEC_CHECK_EQ(RunGather<int64_t>(INT64_MIN), EDGEC_E_INDEX);
  EDGEC_CHECK_EQ(RunGather<int64_t>(-3), EDGEC_OK);
}

EDGEC_TEST(ReshapeKeepsTheBytes) {
  const std::vector<float> x = Counting<float>(24);
  CheckResult<float>({"reshape", {Value<float>({2, 3, 4}, x)}, Blank(EDGEC_F32, {24}), {}}, x);
  CheckResult<float>({"reshape", {Value<float>({1}, {5.0f})}, Blank(EDGEC_F32, {}), {}}, {5.0f});
}

EDGEC_TEST(ReshapeInPlaceLeavesTheBytesAlone) {
  const NodeValue node = SampleOf("reshape");
  OpCase made = MakeCase(node);
  made.output.tensor.data = made.inputs[0].tensor.data;
  EDGEC_CHECK_EQ(made.Prepare(edgec::IsaSet::Detect(), 1), EDGEC_OK);
  EDGEC_CHECK_EQ(made.Run(), EDGEC_OK);
  for (int32_t i = 0; i < 24; ++i) EDGEC_CHECK_EQ(made.output.as<int32_t>()[i], i);
}

}  // namespace
