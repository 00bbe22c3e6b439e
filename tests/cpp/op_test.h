// One node without a file: its tensors in guarded memory, its Prepare and Run called as the engine
// does.
#ifndef EDGEC_TESTS_OP_TEST_H_
#define EDGEC_TESTS_OP_TEST_H_

#include <cstring>
#include <memory>
#include <vector>

#include "guarded.h"
#include "ops/op.h"

namespace edgec_test {

template <class T>
constexpr edgec_dtype DtypeOf();
template <>
constexpr edgec_dtype DtypeOf<float>() {
  return EDGEC_F32;
}
template <>
constexpr edgec_dtype DtypeOf<int8_t>() {
  return EDGEC_S8;
}
template <>
constexpr edgec_dtype DtypeOf<uint8_t>() {
  return EDGEC_U8;
}
template <>
constexpr edgec_dtype DtypeOf<int32_t>() {
  return EDGEC_S32;
}
template <>
constexpr edgec_dtype DtypeOf<uint32_t>() {
  return EDGEC_U32;
}
template <>
constexpr edgec_dtype DtypeOf<int64_t>() {
  return EDGEC_S64;
}

inline int32_t Bits(float value) {
  int32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}

// A tensor whose last byte is the last of a page.
struct OpTensor {
  edgec::Tensor tensor{};
  std::unique_ptr<Guarded<uint8_t>> memory;

  template <class T>
  const T* as() const {
    return tensor.as<T>();
  }
};

template <class T>
OpTensor MakeTensor(const std::vector<uint32_t>& dims) {
  OpTensor made;
  made.tensor.name = "t";
  made.tensor.dtype = DtypeOf<T>();
  made.tensor.rank = static_cast<uint32_t>(dims.size());
  for (size_t i = 0; i < dims.size(); ++i) made.tensor.dims[i] = dims[i];
  made.tensor.bytes = made.tensor.elements() * sizeof(T);
  made.memory.reset(new Guarded<uint8_t>(static_cast<size_t>(made.tensor.bytes)));
  made.tensor.data = made.memory->data();
  return made;
}

template <class T>
OpTensor MakeTensor(const std::vector<uint32_t>& dims, const std::vector<T>& values) {
  OpTensor made = MakeTensor<T>(dims);
  std::memcpy(made.tensor.data, values.data(), static_cast<size_t>(made.tensor.bytes));
  return made;
}

template <class T>
OpTensor MakeConstant(const std::vector<uint32_t>& dims, const std::vector<T>& values,
                      edgec::Layout layout = edgec::Layout::kPlain) {
  OpTensor made = MakeTensor<T>(dims, values);
  made.tensor.constant = true;
  made.tensor.layout = layout;
  return made;
}

struct OpCase {
  const char* op;
  std::vector<OpTensor> inputs;
  OpTensor output;
  std::vector<int32_t> params;
  const char* error = "";   // after Prepare
  const char* kernel = "";  // after Prepare

  edgec_status Prepare(edgec::IsaSet isa, uint32_t threads) {
    pointers_.clear();
    for (const OpTensor& input : inputs) pointers_.push_back(&input.tensor);
    output_ = &output.tensor;
    const edgec::Node node{
        op,       "node", pointers_.data(), static_cast<uint32_t>(pointers_.size()),
        &output_, 1,      params.data(),    static_cast<uint32_t>(params.size())};
    edgec::PrepareContext context{isa, threads};
    const edgec_status status = edgec::FindOp(op)(node, context, &prepared_);
    error = context.error;
    kernel = context.kernel;
    threads_ = threads;
    scratch_bytes_ = (context.scratch_bytes_per_thread + 63) / 64 * 64;
    return status;
  }

  edgec_status Run() {
    edgec::ThreadPool pool(threads_);
    Guarded<uint8_t> scratch(scratch_bytes_ * threads_);
    std::memset(scratch.data(), 0x55, scratch.size());
    return prepared_->Run(edgec::RunContext{pool, scratch.data(), scratch_bytes_});
  }

 private:
  std::vector<const edgec::Tensor*> pointers_;
  const edgec::Tensor* output_ = nullptr;
  std::unique_ptr<edgec::Op> prepared_;
  uint32_t threads_ = 1;
  size_t scratch_bytes_ = 0;
};

}  // namespace edgec_test
#endif  // EDGEC_TESTS_OP_TEST_H_
