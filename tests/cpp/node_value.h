// A node as a test writes it down: a value that can be copied and spoilt, from which op_test.h's
// case is made.
#ifndef EDGEC_TESTS_NODE_VALUE_H_
#define EDGEC_TESTS_NODE_VALUE_H_

#include <string>
#include <vector>

#include "check.h"
#include "op_test.h"

namespace edgec_test {

using Dims = std::vector<uint32_t>;

inline size_t BytesOf(edgec_dtype dtype, const Dims& dims) {
  constexpr size_t kElementBytes[] = {4, 1, 1, 4, 4, 8};
  size_t bytes = kElementBytes[dtype];
  for (const uint32_t dim : dims) bytes *= dim;
  return bytes;
}

struct TensorValue {
  edgec_dtype dtype = EDGEC_S8;
  Dims dims;
  bool constant = false;
  std::vector<uint8_t> bytes;  // repeated or cut to what the dims say
  edgec::Layout layout = edgec::Layout::kPlain;
};

template <class T>
TensorValue Value(const Dims& dims, const std::vector<T>& values, bool constant = false) {
  const uint8_t* bytes = reinterpret_cast<const uint8_t*>(values.data());
  return {DtypeOf<T>(), dims, constant,
          std::vector<uint8_t>(bytes, bytes + values.size() * sizeof(T)), edgec::Layout::kPlain};
}
template <class T>
TensorValue Constant(const Dims& dims, const std::vector<T>& values) {
  return Value(dims, values, true);
}
// Filled with a pattern that an op has to overwrite.
inline TensorValue Blank(edgec_dtype dtype, const Dims& dims) {
  return {dtype, dims, false, {0xA5}, edgec::Layout::kPlain};
}

struct NodeValue {
  std::string op;
  std::vector<TensorValue> inputs;
  TensorValue output;
  std::vector<int32_t> params;
};

inline OpTensor MakeTensor(const TensorValue& value) {
  OpTensor made;
  made.tensor.name = "t";
  made.tensor.dtype = value.dtype;
  made.tensor.layout = value.layout;
  made.tensor.constant = value.constant;
  made.tensor.rank = static_cast<uint32_t>(value.dims.size());
  for (size_t i = 0; i < value.dims.size(); ++i) made.tensor.dims[i] = value.dims[i];
  made.tensor.bytes = BytesOf(value.dtype, value.dims);
  made.memory.reset(new Guarded<uint8_t>(static_cast<size_t>(made.tensor.bytes)));
  made.tensor.data = made.memory->data();
  for (size_t i = 0; i < made.memory->size(); ++i) {
    (*made.memory)[i] = value.bytes[i % value.bytes.size()];
  }
  return made;
}

// The case points to the value's name, so the value must outlive it.
OpCase MakeCase(NodeValue&& value) = delete;
inline OpCase MakeCase(const NodeValue& value) {
  OpCase made{};
  made.op = value.op.c_str();
  for (const TensorValue& input : value.inputs) made.inputs.push_back(MakeTensor(input));
  made.output = MakeTensor(value.output);
  made.params = value.params;
  return made;
}

// Prepares, runs and gives the output.
template <class T>
std::vector<T> Result(const NodeValue& value, edgec::IsaSet isa, uint32_t threads) {
  OpCase made = MakeCase(value);
  const edgec_status status = made.Prepare(isa, threads);
  if (status != EDGEC_OK) Fail(__FILE__, __LINE__, "%s: %s", made.op, made.error);
  EDGEC_CHECK_EQ(made.Run(), EDGEC_OK);
  const T* out = made.output.as<T>();
  return std::vector<T>(out, out + made.output.tensor.bytes / sizeof(T));
}

// The output, the same from one thread and from three, and from the portable kernels.
template <class T>
std::vector<T> Result(const NodeValue& value) {
  const edgec::IsaSet best = edgec::IsaSet::Detect();
  const std::vector<T> result = Result<T>(value, best, 1);
  const std::vector<T> threaded = Result<T>(value, best, 3);
  const std::vector<T> portable = Result<T>(value, best.LimitedTo(edgec::Isa::kPortable), 1);
  EDGEC_CHECK(std::memcmp(result.data(), threaded.data(), result.size() * sizeof(T)) == 0);
  EDGEC_CHECK(std::memcmp(result.data(), portable.data(), result.size() * sizeof(T)) == 0);
  return result;
}

template <class T>
void CheckResult(const NodeValue& value, const std::vector<T>& wanted) {
  const std::vector<T> found = Result<T>(value);
  EDGEC_CHECK_EQ(found.size(), wanted.size());
  for (size_t i = 0; i < found.size(); ++i) {
    Describe("%s at %zu", value.op.c_str(), i);
    EDGEC_CHECK_EQ(found[i], wanted[i]);
  }
}

// 0, 1, 2 …, wrapping as T does.
template <class T>
std::vector<T> Counting(size_t n, T first = 0) {
  std::vector<T> values(n);
  for (size_t i = 0; i < n; ++i) values[i] = static_cast<T>(first + static_cast<T>(i));
  return values;
}

}  // namespace edgec_test

#endif  // EDGEC_TESTS_NODE_VALUE_H_
