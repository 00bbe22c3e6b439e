// Loading and running whole small models through the C ABI.
#include <vector>

#include "check.h"
#include "edgec/edgec.h"
#include "model_builder.h"

namespace {

using edgec_test::AlignedBytes;
using edgec_test::ModelBuilder;
using edgec_test::SmallModel;

// A loaded model and the bytes it lives in.
struct Loaded {
  AlignedBytes bytes;
  edgec_model* model = nullptr;
  edgec_status status;

  explicit Loaded(const ModelBuilder& builder, edgec_options options = {})
      : bytes(builder.Build()) {
    status = edgec_load_memory(bytes.data(), bytes.size(), &options, &model);
  }
  ~Loaded() { edgec_free(model); }
};

void CheckRefused(const char* what, const ModelBuilder& builder, edgec_status expected) {
  edgec_test::Describe("%s", what);
  const Loaded loaded(builder);
  EDGEC_CHECK_EQ(edgec_status_name(loaded.status), edgec_status_name(expected));
  EDGEC_CHECK(loaded.model == nullptr);
}

void CheckSmallModelRuns(edgec_model* model) {
  int8_t* x = static_cast<int8_t*>(edgec_input_data(model, 0));
  const int8_t values[6] = {-128, -1, 0, 1, 64, 127};
  std::memcpy(x, values, sizeof(values));
  EDGEC_CHECK_EQ(edgec_run(model), EDGEC_OK);
  const int8_t* y = static_cast<const int8_t*>(edgec_output_data(model, 0));
  for (int i = 0; i < 6; ++i) EDGEC_CHECK_EQ(y[i], ~values[i]);
}

EDGEC_TEST(ASmallModelGivesItsResult) {
  const Loaded loaded(SmallModel());
  EDGEC_CHECK_EQ(loaded.status, EDGEC_OK);
  CheckSmallModelRuns(loaded.model);
  CheckSmallModelRuns(loaded.model);
}

EDGEC_TEST(EveryInstructionSetAndThreadCountGivesTheSame) {
  for (uint32_t i = 0; edgec_isa_name(i) != nullptr; ++i) {
    for (const uint32_t threads : {0, 1, 2, 5}) {
      edgec_test::Describe("%s, %u threads", edgec_isa_name(i), threads);
      const Loaded loaded(SmallModel(), {threads, edgec_isa_name(i)});
      EDGEC_CHECK_EQ(loaded.status, EDGEC_OK);
      CheckSmallModelRuns(loaded.model);
    }
  }
}

EDGEC_TEST(AModelDescribesItself) {
  const Loaded loaded(SmallModel());
  EDGEC_CHECK_EQ(edgec_model_name(loaded.model), "test");
  edgec_tensor_info info;
  EDGEC_CHECK_EQ(edgec_input_info(loaded.model, 0, &info), EDGEC_OK);
  EDGEC_CHECK_EQ(info.name, "x");
  EDGEC_CHECK_EQ(info.dtype, EDGEC_S8);
  EDGEC_CHECK_EQ(info.rank, 2u);
  EDGEC_CHECK_EQ(info.dims[1], 3u);
  EDGEC_CHECK_EQ(info.bytes, 6u);
  EDGEC_CHECK_EQ(info.scale, 0.5f);
  edgec_layer_info layer;
  EDGEC_CHECK_EQ(edgec_layer_info_at(loaded.model, 0, &layer), EDGEC_OK);
  EDGEC_CHECK_EQ(layer.name, "invert");
  EDGEC_CHECK_EQ(layer.op, "lut_s8");
  EDGEC_CHECK_EQ(layer.macs, 7u);
  EDGEC_CHECK_EQ(layer.bytes, 6u + 256u + 6u);
  edgec_memory_info memory;
  EDGEC_CHECK_EQ(edgec_memory(loaded.model, &memory), EDGEC_OK);
  EDGEC_CHECK_EQ(memory.arena_bytes, 192u);
  EDGEC_CHECK_EQ(memory.constant_bytes, 256u);
}

EDGEC_TEST(LayerTimesAppearOnlyWhenProfiling) {
  const Loaded loaded(SmallModel());
  edgec_layer_info layer;
  EDGEC_CHECK_EQ(edgec_run(loaded.model), EDGEC_OK);
  edgec_layer_info_at(loaded.model, 0, &layer);
  EDGEC_CHECK_EQ(layer.last_ns, 0u);
  EDGEC_CHECK_EQ(edgec_set_profiling(loaded.model, 1), EDGEC_OK);
  uint64_t total_ns = 0;
  for (int run = 0; run < 1000 && total_ns == 0; ++run) {  // a clock may be coarse
    EDGEC_CHECK_EQ(edgec_run(loaded.model), EDGEC_OK);
    edgec_layer_info_at(loaded.model, 0, &layer);
    total_ns += layer.last_ns;
  }
  EDGEC_CHECK(total_ns > 0);
}

EDGEC_TEST(ANodeThatDoesNotFitIsRefusedWithItsKind) {
  ModelBuilder unknown = SmallModel();
  unknown.nodes[0].op = "lut_s9";
  CheckRefused("op", unknown, EDGEC_E_OP);
  ModelBuilder missing = SmallModel();
  missing.nodes[0].inputs[1] = -1;
  CheckRefused("absent table", missing, EDGEC_E_OP_TYPE);
  ModelBuilder shape = SmallModel();
  shape.tensors[3].dims = {5};
  CheckRefused("reshape to 5 of 6", shape, EDGEC_E_OP_SHAPE);
  ModelBuilder params = SmallModel();
  params.nodes[0].params = {1};
  CheckRefused("a param too much", params, EDGEC_E_OP_PARAM);
}

EDGEC_TEST(AFailureNamesTheNode) {
  ModelBuilder unknown = SmallModel();
  unknown.nodes[0].op = "lut_s9";
  const Loaded loaded(unknown);
  EDGEC_CHECK(std::strstr(edgec_last_error(), "invert") != nullptr);
  EDGEC_CHECK(std::strstr(edgec_last_error(), "lut_s9") != nullptr);
}

// y = table[indices], with the indices as a model input: the only op whose run can fail.
ModelBuilder GatherModel() {
  ModelBuilder model;
  const int32_t indices = model.Add("indices", 3, {2});
  const int32_t table = model.AddConstant<int8_t>("table", 1, {3}, {10, 20, 30});
  const int32_t y = model.Add("y", 1, {2});
  model.nodes.push_back({"gather", "pick", {table, indices}, {y}, {1, 3, 1}});
  model.inputs = {static_cast<uint32_t>(indices)};
  model.outputs = {static_cast<uint32_t>(y)};
  return model;
}

EDGEC_TEST(AnIndexOutsideItsAxisStopsTheRunAndTheModelStaysUsable) {
  const Loaded loaded(GatherModel());
  EDGEC_CHECK_EQ(loaded.status, EDGEC_OK);
  int32_t* indices = static_cast<int32_t*>(edgec_input_data(loaded.model, 0));
  const int8_t* y = static_cast<const int8_t*>(edgec_output_data(loaded.model, 0));
  for (const int32_t bad : {3, -4, INT32_MAX, INT32_MIN}) {
    indices[0] = 0;
    indices[1] = bad;
    EDGEC_CHECK_EQ(edgec_run(loaded.model), EDGEC_E_INDEX);
    EDGEC_CHECK(std::strstr(edgec_last_error(), "pick") != nullptr);
  }
  indices[0] = -1;
  indices[1] = 1;
  EDGEC_CHECK_EQ(edgec_run(loaded.model), EDGEC_OK);
  EDGEC_CHECK_EQ(y[0], 30);
  EDGEC_CHECK_EQ(y[1], 20);
}

EDGEC_TEST(AModelWithoutNodesHandsItsInputOn) {
  ModelBuilder model;
  model.Add("x", 0, {4});
  model.inputs = {0};
  model.outputs = {0};
  const Loaded loaded(model);
  EDGEC_CHECK_EQ(loaded.status, EDGEC_OK);
  EDGEC_CHECK_EQ(edgec_run(loaded.model), EDGEC_OK);
  EDGEC_CHECK_EQ(edgec_layer_count(loaded.model), 0u);
  EDGEC_CHECK(edgec_input_data(loaded.model, 0) == edgec_output_data(loaded.model, 0));
}

}  // namespace
