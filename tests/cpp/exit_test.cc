// Early exits: where a run ends, what it leaves behind, and who answers.
#include <cmath>
#include <vector>

#include "check.h"
#include "edgec/edgec.h"
#include "model_builder.h"

namespace {

using edgec_test::AlignedBytes;
using edgec_test::ModelBuilder;

constexpr float kNaN = NAN, kInfinity = INFINITY;

std::vector<uint32_t> Exponentials() {
  std::vector<uint32_t> table(1024);
  for (size_t i = 0; i < table.size(); ++i) {
    table[i] = static_cast<uint32_t>(std::nearbyint(std::exp(-double(i) / 64) * (1 << 20)));
  }
  return table;
}

// x f32[1,3] → exit → e; x → y, the whole network.
struct ExitModel {
  AlignedBytes bytes;
  edgec_model* model = nullptr;

  explicit ExitModel(uint32_t limit) : bytes(Make(limit).Build()) {
    EDGEC_CHECK_EQ(edgec_load_memory(bytes.data(), bytes.size(), nullptr, &model), EDGEC_OK);
  }
  ~ExitModel() { edgec_free(model); }

  static ModelBuilder Make(uint32_t limit) {
    ModelBuilder builder;
    const int32_t x = builder.Add("x", 0, {1, 3});
    const int32_t table = builder.AddConstant("table", 4, {1024}, Exponentials());
    const int32_t e = builder.Add("e", 0, {1, 3});
    const int32_t y = builder.Add("y", 0, {1, 3});
    builder.nodes.push_back({"exit_f32", "exit", {x, table}, {e}, {static_cast<int32_t>(limit)}});
    builder.nodes.push_back({"reshape", "end", {x}, {y}});
    builder.inputs = {static_cast<uint32_t>(x)};
    builder.outputs = {static_cast<uint32_t>(y), static_cast<uint32_t>(e)};
    return builder;
  }

  // The answering output's index.
  uint32_t Run(float a, float b, float c) const {
    const float values[3] = {a, b, c};
    std::memcpy(edgec_input_data(model, 0), values, sizeof(values));
    EDGEC_CHECK_EQ(edgec_run(model), EDGEC_OK);
    return edgec_answer(model);
  }
  float Output(uint32_t index) const {
    return *static_cast<const float*>(edgec_output_data(model, index));
  }
};

EDGEC_TEST(ARunEndsWhereTheLogitsAreSureAndTheRestIsZero) {
  const ExitModel exits((1u << 20) + 1000);
  EDGEC_CHECK_EQ(exits.Run(9, 0, 0), 1u);
  EDGEC_CHECK_EQ(exits.Output(1), 9.0f);
  EDGEC_CHECK_EQ(exits.Output(0), 0.0f);
}

EDGEC_TEST(ARunThatIsNotSureEndsAtTheEndAndAnExitTakenBeforeIsForgotten) {
  const ExitModel exits((1u << 20) + 1000);
  EDGEC_CHECK_EQ(exits.Run(9, 0, 0), 1u);
  EDGEC_CHECK_EQ(exits.Run(2, 1, 0), 0u);
  EDGEC_CHECK_EQ(exits.Output(0), 2.0f);
  EDGEC_CHECK_EQ(exits.Output(1), 2.0f);
}

EDGEC_TEST(TheLimitIsReachedExactly) {
  const std::vector<uint32_t> table = Exponentials();
  const uint32_t sum = table[0] + table[64] + table[96];  // distances of 1 and 1.5
  EDGEC_CHECK_EQ(ExitModel(sum).Run(2, 1, 0.5f), 1u);
  EDGEC_CHECK_EQ(ExitModel(sum - 1).Run(2, 1, 0.5f), 0u);
}

EDGEC_TEST(WhatIsNoNumberCountsAsTheBest) {
  const uint32_t one = 1u << 20;
  EDGEC_CHECK_EQ(ExitModel(2 * one - 1).Run(kNaN, 100, 0), 0u);
  EDGEC_CHECK_EQ(ExitModel(2 * one).Run(kNaN, 100, 0), 1u);
  EDGEC_CHECK_EQ(ExitModel(one).Run(kInfinity, 0, 0), 1u);
  EDGEC_CHECK_EQ(ExitModel(3 * one - 1).Run(-kInfinity, -kInfinity, -kInfinity), 0u);
}

EDGEC_TEST(TheLargestLimitAlwaysEndsAndTheSmallestNever) {
  EDGEC_CHECK_EQ(ExitModel(UINT32_MAX).Run(0, 0, 0), 1u);
  EDGEC_CHECK_EQ(ExitModel(0).Run(1000, 0, 0), 0u);
}

EDGEC_TEST(LayersThatDidNotRunHaveNoTime) {
  const ExitModel exits(UINT32_MAX);
  EDGEC_CHECK_EQ(edgec_set_profiling(exits.model, 1), EDGEC_OK);
  EDGEC_CHECK_EQ(exits.Run(0, 0, 0), 1u);
  edgec_layer_info layer;
  EDGEC_CHECK_EQ(edgec_layer_info_at(exits.model, 1, &layer), EDGEC_OK);
  EDGEC_CHECK_EQ(layer.last_ns, 0u);
}

}  // namespace
