// One small model for each op name, all of them right: for tests of the engine, and for the fuzzer
// to break.
#ifndef EDGEC_TESTS_OP_MODELS_H_
#define EDGEC_TESTS_OP_MODELS_H_

#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "edgec/edgec.h"
#include "model_builder.h"
#include "sparse_blocks.h"

namespace edgec_test {

using Dims = std::vector<uint32_t>;

inline int32_t Bits(float value) {
  int32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}

// A model of one node, written operand by operand.
class OneOp {
 public:
  OneOp(const std::string& op, std::vector<int32_t> params)
      : node_{op, "the_" + op, {}, {}, std::move(params)} {}

  OneOp& In(edgec_dtype dtype, Dims dims) {
    const int32_t index = model_.Add("in" + Number(), static_cast<uint8_t>(dtype), std::move(dims));
    model_.inputs.push_back(static_cast<uint32_t>(index));
    node_.inputs.push_back(index);
    return *this;
  }

  // Values that differ from each other: first, first + step, ... modulo 23.
  template <class T>
  OneOp& Constant(edgec_dtype dtype, Dims dims, T first, T step, uint8_t layout = 0) {
    size_t count = 1;
    for (const uint32_t dim : dims) count *= dim;
    std::vector<T> values(count);
    for (size_t i = 0; i < count; ++i)
      values[i] = static_cast<T>(first + step * static_cast<T>(i % 23));
    return Values(dtype, std::move(dims), values, layout);
  }

  template <class T>
  OneOp& Values(edgec_dtype dtype, Dims dims, const std::vector<T>& values, uint8_t layout = 0) {
    node_.inputs.push_back(model_.AddConstant("constant" + Number(), static_cast<uint8_t>(dtype),
                                              dims, values, layout));
    return *this;
  }

  // Weights in s8_16c4 with n channels of depth k in each group, taps already filled up to a
  // multiple of 4, and their bias, wsum and mult.
  OneOp& PackedS8(uint32_t groups, uint32_t n, uint32_t k) {
    const uint32_t n_blocks = (n + 15) / 16, k_blocks = (k + 3) / 4;
    std::vector<int8_t> w(size_t{groups} * n_blocks * k_blocks * 64, 0);
    std::vector<int32_t> wsum(groups * n_blocks * 16, 0);
    for (uint32_t i = 0; i < groups * n * k; ++i) {
      const uint32_t depth = i % k, channel = i / k % n, group = i / (k * n);
      const uint32_t block = (group * n_blocks + channel / 16) * k_blocks + depth / 4;
      const int8_t weight = static_cast<int8_t>(static_cast<int32_t>(i * 37 % 255) - 127);
      w[block * 64 + channel % 16 * 4 + depth % 4] = weight;
      wsum[group * n_blocks * 16 + channel] += weight;
    }
    Values(EDGEC_S8, {groups, n_blocks, k_blocks, 16, 4}, w, 1);
    Constant<int32_t>(EDGEC_S32, {groups, n_blocks * 16}, -90, 9);
    Values(EDGEC_S32, {groups, n_blocks * 16}, wsum);
    return Constant<float>(EDGEC_F32, {groups, n_blocks * 16}, 0.001f, 0.0001f);
  }

  // The same in few bits, one group: weights from -3 to 3 in s3, wsum in s16.
  OneOp& FewBits(uint32_t n, uint32_t k) {
    const uint32_t n_blocks = (n + 15) / 16, k_blocks = (k + 3) / 4;
    std::vector<uint8_t> w(size_t{n_blocks} * k_blocks * 64 * 3 / 8, 0);
    std::vector<int16_t> wsum(size_t{n_blocks} * 16, 0);
    for (uint32_t i = 0; i < n * k; ++i) {
      const uint32_t depth = i % k, channel = i / k;
      const int16_t weight = static_cast<int16_t>(i * 5 % 7) - 3;
      const uint32_t at = (channel / 16 * k_blocks + depth / 4) * 64 + channel % 16 * 4 + depth % 4;
      for (uint32_t bit = 3 * at; bit < 3 * at + 3; ++bit) {
        w[bit / 8] |= static_cast<uint8_t>((weight >> (bit - 3 * at) & 1) << bit % 8);
      }
      wsum[channel] = static_cast<int16_t>(wsum[channel] + weight);
    }
    std::vector<uint8_t> sums(2 * wsum.size());
    std::memcpy(sums.data(), wsum.data(), sums.size());
    AddPacked(6 + 1, {1, n_blocks, k_blocks, 16, 4}, w, 1);
    Constant<int32_t>(EDGEC_S32, {1, n_blocks * 16}, -90, 9);
    AddPacked(12, {1, n_blocks * 16}, sums, 0);
    return Constant<float>(EDGEC_F32, {1, n_blocks * 16}, 0.001f, 0.0001f);
  }

  // Block-sparse weights of n channels and `taps` taps of depth k, every third block kept, and
  // their bias, wsum and mult.
  OneOp& SparseS8(size_t columns, uint32_t n, size_t taps, size_t k) {
    const auto weight = [](size_t column, size_t tap, size_t depth) {
      return static_cast<int8_t>(static_cast<int32_t>(column * 37 + tap * 11 + depth) % 255 - 127);
    };
    const auto kept = [](size_t group, size_t tap, size_t block) {
      return (group + tap + block) % 3 == 0;
    };
    const SparseBlocks made = MakeSparseBlocks(columns, n, taps, k, weight, kept);
    const uint32_t padded = (n + 15) / 16 * 16;
    std::vector<int32_t> wsum(padded, 0);
    for (size_t i = 0; i < n * taps * k; ++i) {
      const size_t depth = i % k, tap = i / k % taps, column = i / (k * taps);
      if (kept(column / columns, tap, depth / 4)) wsum[column] += weight(column, tap, depth);
    }
    const uint32_t blocks = static_cast<uint32_t>(made.deltas.size());
    const uint32_t groups = static_cast<uint32_t>(made.counts.size() / taps);
    Values(EDGEC_S8, {blocks, static_cast<uint32_t>(columns), 4}, made.blocks, 4);
    Values(EDGEC_U32, {groups, static_cast<uint32_t>(taps)}, made.counts);
    Values(EDGEC_U8, {blocks}, made.deltas);
    Constant<int32_t>(EDGEC_S32, {1, padded}, -90, 9);
    Values(EDGEC_S32, {1, padded}, wsum);
    return Constant<float>(EDGEC_F32, {1, padded}, 0.001f, 0.0001f);
  }

  ModelBuilder Out(edgec_dtype dtype, Dims dims) {
    node_.outputs.push_back(model_.Add("out", static_cast<uint8_t>(dtype), std::move(dims)));
    model_.name = node_.op;
    model_.nodes.push_back(node_);
    model_.outputs.push_back(static_cast<uint32_t>(node_.outputs[0]));
    return model_;
  }

 private:
  void AddPacked(uint8_t type, Dims dims, const std::vector<uint8_t>& bytes, uint8_t layout) {
    node_.inputs.push_back(
        model_.AddConstant("constant" + Number(), type, std::move(dims), bytes, layout));
  }

  std::string Number() const { return std::to_string(model_.tensors.size()); }

  ModelBuilder model_;
  NodeSpec node_;
};

// Large enough for Winograd on every instruction set that has it, without and with a residual.
inline void AddWinograd(std::vector<ModelBuilder>* models) {
  models->push_back(OneOp("conv2d_s8", {3, 3, 1, 1, 1, 1, 1, 1, 1, 3, -5, -128, 127})
                        .In(EDGEC_S8, {1, 8, 8, 32})
                        .PackedS8(1, 32, 288)
                        .Out(EDGEC_S8, {1, 8, 8, 32}));
  models->push_back(OneOp("conv2d_s8", {3,    3,   1,    1,  1,    1,    0,
                                        1,    1,   3,    -5, -128, 127,  // and a residual
                                        -700, 300, -200, 8,  3,    -100, 100})
                        .In(EDGEC_S8, {1, 9, 8, 36})
                        .PackedS8(1, 47, 324)
                        .In(EDGEC_S8, {1, 8, 8, 47})
                        .Out(EDGEC_S8, {1, 8, 8, 47}));
}

inline void AddConvolutions(std::vector<ModelBuilder>* models) {
  const int32_t low = Bits(-100), high = Bits(100);
  models->push_back(OneOp("conv2d_s8", {3, 3, 1, 1, 1, 1, 1, 1, 1, 3, -5, -128, 127})
                        .In(EDGEC_S8, {1, 5, 5, 6})
                        .PackedS8(1, 20, 60)
                        .Out(EDGEC_S8, {1, 5, 5, 20}));
  models->push_back(OneOp("conv2d_s8", {3, 2, 2, 1, 1, 2, 0, 1, 2, 3, -5, -100, 100})
                        .In(EDGEC_S8, {2, 5, 5, 6})
                        .PackedS8(2, 5, 24)
                        .Out(EDGEC_S8, {2, 2, 5, 10}));
  for (const size_t columns : {4, 8, 16}) {
    models->push_back(OneOp("sparse_conv2d_s8", {3, 3, 1, 1, 1, 1, 1, 1, 1, 3, -5, -128, 127})
                          .In(EDGEC_S8, {1, 5, 5, 6})
                          .SparseS8(columns, 20, 3, 20)
                          .Out(EDGEC_S8, {1, 5, 5, 20}));
  }
  models->push_back(OneOp("conv2d_s8", {2,    3,   1,    1,  1,    1,    0,
                                        1,    1,   3,    -5, -128, 127,  // and a residual
                                        -700, 300, -200, 8,  3,    -100, 100})
                        .In(EDGEC_S8, {2, 4, 5, 7})
                        .PackedS8(1, 19, 48)
                        .In(EDGEC_S8, {2, 3, 5, 19})
                        .Out(EDGEC_S8, {2, 3, 5, 19}));
  models->push_back(OneOp("depthwise_conv2d_s8", {3, 3, 1, 1, 1, 1, 1, 1, 3, -5, -128, 127})
                        .In(EDGEC_S8, {1, 5, 5, 20})
                        .Constant<int8_t>(EDGEC_S8, {2, 9, 16}, -9, 1, 3)
                        .Constant<int32_t>(EDGEC_S32, {32}, -90, 9)
                        .Constant<float>(EDGEC_F32, {32}, 0.01f, 0.001f)
                        .Out(EDGEC_S8, {1, 5, 5, 20}));
  models->push_back(OneOp("conv2d_f32", {3, 3, 1, 1, 1, 1, 1, 1, 1, low, high})
                        .In(EDGEC_F32, {1, 5, 5, 6})
                        .Constant<float>(EDGEC_F32, {1, 2, 54, 16}, -1, 0.1f, 2)
                        .Constant<float>(EDGEC_F32, {1, 32}, -1, 0.1f)
                        .Out(EDGEC_F32, {1, 5, 5, 20}));
  models->push_back(OneOp("depthwise_conv2d_f32", {3, 3, 2, 2, 1, 1, 1, 1, low, high})
                        .In(EDGEC_F32, {1, 5, 5, 20})
                        .Constant<float>(EDGEC_F32, {2, 9, 16}, -1, 0.1f, 3)
                        .Constant<float>(EDGEC_F32, {32}, -1, 0.1f)
                        .Out(EDGEC_F32, {1, 3, 3, 20}));
}

inline void AddProducts(std::vector<ModelBuilder>* models) {
  models->push_back(OneOp("fully_connected_s8", {3, -5, -128, 127})
                        .In(EDGEC_S8, {3, 10})
                        .PackedS8(1, 20, 10)
                        .Out(EDGEC_S8, {3, 20}));
  models->push_back(OneOp("fully_connected_s8", {3, -5, -128, 127})
                        .In(EDGEC_S8, {3, 10})
                        .FewBits(20, 10)
                        .Out(EDGEC_S8, {3, 20}));
  models->push_back(OneOp("sparse_fully_connected_s8", {3, -5, -128, 127})
                        .In(EDGEC_S8, {3, 12})
                        .SparseS8(16, 20, 1, 12)
                        .Out(EDGEC_S8, {3, 20}));
  models->push_back(
      OneOp("fully_connected_s8", {3, -5, -128, 127, -700, 300, -200, 8, 3, -100, 100})
          .In(EDGEC_S8, {3, 10})
          .PackedS8(1, 20, 10)
          .In(EDGEC_S8, {3, 20})
          .Out(EDGEC_S8, {3, 20}));
  models->push_back(
      OneOp("sparse_fully_connected_s8", {3, -5, -128, 127, -700, 300, -200, 8, 3, -100, 100})
          .In(EDGEC_S8, {3, 12})
          .SparseS8(8, 20, 1, 12)
          .In(EDGEC_S8, {3, 20})
          .Out(EDGEC_S8, {3, 20}));
  models->push_back(OneOp("fully_connected_f32", {Bits(-100), Bits(100)})
                        .In(EDGEC_F32, {3, 10})
                        .Constant<float>(EDGEC_F32, {1, 2, 10, 16}, -1, 0.1f, 2)
                        .Constant<float>(EDGEC_F32, {1, 32}, -1, 0.1f)
                        .Out(EDGEC_F32, {3, 20}));
  for (const int32_t transpose_b : {0, 1}) {
    const Dims b = transpose_b ? Dims{2, 4, 5} : Dims{2, 5, 4};
    models->push_back(OneOp("batch_matmul_s8", {transpose_b, 3, -2, Bits(0.01f), 4, -128, 127})
                          .In(EDGEC_S8, {2, 3, 5})
                          .In(EDGEC_S8, b)
                          .Out(EDGEC_S8, {2, 3, 4}));
    models->push_back(OneOp("batch_matmul_f32", {transpose_b})
                          .In(EDGEC_F32, {2, 3, 5})
                          .In(EDGEC_F32, b)
                          .Out(EDGEC_F32, {2, 3, 4}));
  }
}

inline void AddElementwise(std::vector<ModelBuilder>* models) {
  models->push_back(
      OneOp("quantize_f32_s8", {Bits(0.1f), 3}).In(EDGEC_F32, {2, 9}).Out(EDGEC_S8, {2, 9}));
  models->push_back(
      OneOp("dequantize_s8_f32", {Bits(0.1f), 3}).In(EDGEC_S8, {2, 9}).Out(EDGEC_F32, {2, 9}));
  models->push_back(OneOp("add_s8", {-700, 300, -200, 8, 3, -128, 127})
                        .In(EDGEC_S8, {2, 3, 9})
                        .In(EDGEC_S8, {3, 1})
                        .Out(EDGEC_S8, {2, 3, 9}));
  models->push_back(OneOp("mul_s8", {1, 2, Bits(0.02f), 3, -128, 127})
                        .In(EDGEC_S8, {2, 3, 9})
                        .In(EDGEC_S8, {2, 1, 9})
                        .Out(EDGEC_S8, {2, 3, 9}));
  for (int32_t kind = 0; kind <= 6; ++kind) {
    models->push_back(OneOp("binary_f32", {kind, Bits(-9), Bits(9)})
                          .In(EDGEC_F32, {2, 3, 9})
                          .In(EDGEC_F32, {9})
                          .Out(EDGEC_F32, {2, 3, 9}));
  }
  for (int32_t kind = 0; kind <= 19; ++kind) {
    models->push_back(OneOp("unary_f32", {kind, Bits(0.2f), Bits(0.5f)})
                          .In(EDGEC_F32, {37})
                          .Out(EDGEC_F32, {37}));
  }
  models->push_back(OneOp("lut_s8", {})
                        .In(EDGEC_S8, {3, 9})
                        .Constant<int8_t>(EDGEC_S8, {256}, -60, 5)
                        .Out(EDGEC_S8, {3, 9}));
  models->push_back(OneOp("cast", {}).In(EDGEC_F32, {9}).Out(EDGEC_S32, {9}));
  models->push_back(OneOp("cast", {}).In(EDGEC_S8, {9}).Out(EDGEC_S64, {9}));
}

inline void AddReductions(std::vector<ModelBuilder>* models) {
  models->push_back(OneOp("max_pool2d_s8", {3, 3, 2, 2, 1, 1})
                        .In(EDGEC_S8, {1, 5, 5, 6})
                        .Out(EDGEC_S8, {1, 3, 3, 6}));
  models->push_back(OneOp("max_pool2d_f32", {2, 3, 1, 2, 0, 1})
                        .In(EDGEC_F32, {1, 5, 5, 6})
                        .Out(EDGEC_F32, {1, 4, 3, 6}));
  models->push_back(OneOp("average_pool2d_s8", {3, 3, 2, 2, 1, 1, 0, 3, -4, Bits(0.9f)})
                        .In(EDGEC_S8, {1, 5, 5, 6})
                        .Out(EDGEC_S8, {1, 3, 3, 6}));
  models->push_back(OneOp("average_pool2d_f32", {3, 3, 2, 2, 1, 1, 1})
                        .In(EDGEC_F32, {1, 5, 5, 6})
                        .Out(EDGEC_F32, {1, 3, 3, 6}));
  models->push_back(
      OneOp("mean_s8", {2, 4, 3, 1, -2, Bits(0.2f)}).In(EDGEC_S8, {2, 4, 3}).Out(EDGEC_S8, {2, 3}));
  for (const char* op : {"mean_f32", "sum_f32", "max_f32"}) {
    models->push_back(OneOp(op, {2, 4, 3}).In(EDGEC_F32, {2, 4, 3}).Out(EDGEC_F32, {2, 3}));
  }
  models->push_back(OneOp("softmax_s8", {9, Bits(256), -128})
                        .In(EDGEC_S8, {3, 9})
                        .Constant<uint32_t>(EDGEC_U32, {256}, 1000, 99)
                        .Out(EDGEC_S8, {3, 9}));
  models->push_back(OneOp("softmax_f32", {9}).In(EDGEC_F32, {3, 9}).Out(EDGEC_F32, {3, 9}));
  models->push_back(OneOp("exit_f32", {30000})
                        .In(EDGEC_F32, {1, 9})
                        .Constant<uint32_t>(EDGEC_U32, {1024}, 1000, 99)
                        .Out(EDGEC_F32, {1, 9}));
  models->push_back(OneOp("layer_norm_s8", {9, Bits(0.01f), 3, -128, 127})
                        .In(EDGEC_S8, {3, 9})
                        .Constant<float>(EDGEC_F32, {9}, 20, 1)
                        .Constant<float>(EDGEC_F32, {9}, -4, 1)
                        .Out(EDGEC_S8, {3, 9}));
  models->push_back(OneOp("layer_norm_f32", {9, Bits(0.01f)})
                        .In(EDGEC_F32, {3, 9})
                        .Constant<float>(EDGEC_F32, {9}, 20, 1)
                        .Constant<float>(EDGEC_F32, {9}, -4, 1)
                        .Out(EDGEC_F32, {3, 9}));
}

inline void AddMovement(std::vector<ModelBuilder>* models) {
  const std::vector<int32_t> pairs = {0, 0, 0, 1, 1, 2, 2, 2}, nearest = {0, 0, 1, 2};
  const std::vector<float> weights = {0, 0.25f, 0.5f, 0.75f};
  for (const edgec_dtype dtype : {EDGEC_S8, EDGEC_F32}) {
    models->push_back(OneOp(dtype == EDGEC_S8 ? "resize_bilinear_s8" : "resize_bilinear_f32", {})
                          .In(dtype, {1, 3, 3, 5})
                          .Values(EDGEC_S32, {4, 2}, pairs)
                          .Values(EDGEC_F32, {4}, weights)
                          .Values(EDGEC_S32, {4, 2}, pairs)
                          .Values(EDGEC_F32, {4}, weights)
                          .Out(dtype, {1, 4, 4, 5}));
    models->push_back(OneOp("resize_nearest", {})
                          .In(dtype, {1, 3, 3, 5})
                          .Values(EDGEC_S32, {4}, nearest)
                          .Values(EDGEC_S32, {4}, nearest)
                          .Out(dtype, {1, 4, 4, 5}));
    models->push_back(OneOp("reshape", {}).In(dtype, {2, 3, 9}).Out(dtype, {54}));
    models->push_back(OneOp("transpose", {2, 0, 1}).In(dtype, {2, 3, 9}).Out(dtype, {9, 2, 3}));
    models->push_back(
        OneOp("concat", {1}).In(dtype, {2, 3, 9}).In(dtype, {2, 1, 9}).Out(dtype, {2, 4, 9}));
    models->push_back(
        OneOp("slice", {1, 0, 2, 1, 2, 3}).In(dtype, {3, 5, 9}).Out(dtype, {2, 3, 2}));
    models->push_back(OneOp("pad", {1, 0, 2, Bits(0.5f) * (dtype == EDGEC_F32)})
                          .In(dtype, {3, 5, 9})
                          .Out(dtype, {5, 5, 12}));
    models->push_back(OneOp("gather", {2, 5, 3})
                          .In(dtype, {2, 5, 3})
                          .In(dtype == EDGEC_S8 ? EDGEC_S32 : EDGEC_S64, {4})
                          .Out(dtype, {2, 4, 3}));
  }
}

inline std::vector<ModelBuilder> OpModels() {
  std::vector<ModelBuilder> models;
  AddConvolutions(&models);
  AddWinograd(&models);
  AddProducts(&models);
  AddElementwise(&models);
  AddReductions(&models);
  AddMovement(&models);
  return models;
}

}  // namespace edgec_test

#endif  // EDGEC_TESTS_OP_MODELS_H_
