// Every op through the whole engine: it loads, it runs on each instruction set and thread count
// with the same bytes.
#include "op_models.h"

#include <cstring>
#include <vector>

#include "check.h"
#include "edgec/edgec.h"
#include "ops/op.h"

namespace {

using edgec_test::AlignedBytes;
using edgec_test::ModelBuilder;

constexpr const char* kOpNames[] = {
#define EDGEC_OP(name, prepare) name,
#include "ops/ops.inc"
#undef EDGEC_OP
};

// Inputs that look random but are small: indices stay indices, floats stay finite.
void Fill(edgec_model* model) {
  for (uint32_t i = 0; i < edgec_input_count(model); ++i) {
    edgec_tensor_info info;
    EDGEC_CHECK_EQ(edgec_input_info(model, i, &info), EDGEC_OK);
    uint8_t* data = static_cast<uint8_t*>(edgec_input_data(model, i));
    std::memset(data, 0, info.bytes);
    for (uint64_t k = 0; k < info.bytes / (info.dtype == EDGEC_F32 ? 4 : 1); ++k) {
      const uint32_t value = static_cast<uint32_t>(k * 2654435761u + i * 97u) >> 24;
      const float real = static_cast<float>(value) / 64.0f - 1.5f;
      if (info.dtype == EDGEC_F32) std::memcpy(data + 4 * k, &real, sizeof(real));
      if (info.dtype == EDGEC_S8) data[k] = static_cast<uint8_t>(value);
    }
  }
}

std::vector<uint8_t> Run(const ModelBuilder& builder, const edgec_options& options) {
  const AlignedBytes bytes(builder.Build());
  edgec_model* model = nullptr;
  const edgec_status status = edgec_load_memory(bytes.data(), bytes.size(), &options, &model);
  if (status != EDGEC_OK) edgec_test::Describe("%s: %s", builder.name.c_str(), edgec_last_error());
  EDGEC_CHECK_EQ(edgec_status_name(status), "EDGEC_OK");
  edgec_tensor_info info;
  EDGEC_CHECK_EQ(edgec_output_info(model, 0, &info), EDGEC_OK);
  std::vector<uint8_t> outputs[2];
  for (std::vector<uint8_t>& output : outputs) {
    Fill(model);
    EDGEC_CHECK_EQ(edgec_run(model), EDGEC_OK);
    const uint8_t* data = static_cast<const uint8_t*>(edgec_output_data(model, 0));
    output.assign(data, data + info.bytes);
  }
  edgec_free(model);
  EDGEC_CHECK(outputs[0] == outputs[1]);  // nothing is left behind by a run
  return outputs[0];
}

bool IsInteger(const ModelBuilder& model) {
  return model.name.find("f32") == std::string::npos || model.name == "quantize_f32_s8" ||
         model.name == "dequantize_s8_f32";
}

EDGEC_TEST(EveryOpHasAModel) {
  for (const char* name : kOpNames) {
    edgec_test::Describe("%s", name);
    bool found = false;
    for (const ModelBuilder& model : edgec_test::OpModels()) found = found || model.name == name;
    EDGEC_CHECK(found);
  }
}

EDGEC_TEST(SomeOfTheModelsRunByWinograd) {
  for (uint32_t i = 0; edgec_isa_name(i) != nullptr; ++i) {
    const char* isa = edgec_isa_name(i);
    if (std::strcmp(isa, "neondot") == 0 || std::strcmp(isa, "i8mm") == 0) continue;  // have none
    unsigned found = 0;
    for (const ModelBuilder& builder : edgec_test::OpModels()) {
      const AlignedBytes bytes(builder.Build());
      const edgec_options options{1, isa};
      edgec_model* model = nullptr;
      const edgec_status status = edgec_load_memory(bytes.data(), bytes.size(), &options, &model);
      EDGEC_CHECK_EQ(status, EDGEC_OK);
      edgec_layer_info layer;
      EDGEC_CHECK_EQ(edgec_layer_info_at(model, 0, &layer), EDGEC_OK);
      found += std::strncmp(layer.kernel, "winograd", 8) == 0;
      edgec_free(model);
    }
    edgec_test::Describe("%s", isa);
    EDGEC_CHECK_EQ(found, 2u);
  }
}

EDGEC_TEST(EveryOpGivesTheSameBytesOnAnyNumberOfThreads) {
  for (const ModelBuilder& model : edgec_test::OpModels()) {
    const std::vector<uint8_t> expected = Run(model, {1, nullptr});
    for (const uint32_t threads : {2u, 5u}) {
      edgec_test::Describe("%s, %u threads", model.name.c_str(), threads);
      EDGEC_CHECK(Run(model, {threads, nullptr}) == expected);
    }
  }
}

EDGEC_TEST(EveryIntegerOpGivesTheSameBytesOnEveryInstructionSet) {
  for (const ModelBuilder& model : edgec_test::OpModels()) {
    if (!IsInteger(model)) continue;
    const std::vector<uint8_t> expected = Run(model, {1, "portable"});
    for (uint32_t i = 1; edgec_isa_name(i) != nullptr; ++i) {
      edgec_test::Describe("%s, %s", model.name.c_str(), edgec_isa_name(i));
      EDGEC_CHECK(Run(model, {1, edgec_isa_name(i)}) == expected);
    }
  }
}

EDGEC_TEST(EveryFloatOpIsCloseOnEveryInstructionSet) {
  for (const ModelBuilder& model : edgec_test::OpModels()) {
    if (IsInteger(model)) continue;
    const std::vector<uint8_t> expected = Run(model, {1, "portable"});
    for (uint32_t i = 1; edgec_isa_name(i) != nullptr; ++i) {
      const std::vector<uint8_t> got = Run(model, {1, edgec_isa_name(i)});
      for (size_t k = 0; k < got.size() / 4; ++k) {
        float a, b;
        std::memcpy(&a, got.data() + 4 * k, sizeof(a));
        std::memcpy(&b, expected.data() + 4 * k, sizeof(b));
        edgec_test::Describe("%s, %s: %g and %g", model.name.c_str(), edgec_isa_name(i), a, b);
        EDGEC_CHECK(a == b || std::fabs(a - b) <= 1e-5f * std::fmax(1.0f, std::fabs(b)) ||
                    (a != a && b != b));
      }
    }
  }
}

// A count, type, shape or param that does not belong is refused at load, whatever the op.
EDGEC_TEST(EveryOpRefusesOneOperandOrParamMoreOrLess) {
  for (const ModelBuilder& right : edgec_test::OpModels()) {
    for (int change = 0; change < 4; ++change) {
      ModelBuilder wrong = right;
      edgec_test::NodeSpec& node = wrong.nodes[0];
      if (change == 0) node.inputs.pop_back();
      if (change == 1 && node.op != "concat") node.inputs.push_back(node.inputs[0]);
      if (change == 2) node.params.push_back(0);
      if (change == 3 && !node.params.empty()) node.params.pop_back();
      if (node.inputs == right.nodes[0].inputs && node.params == right.nodes[0].params) continue;
      const AlignedBytes bytes(wrong.Build());
      edgec_model* model = nullptr;
      edgec_test::Describe("%s, change %d", node.op.c_str(), change);
      const edgec_status status = edgec_load_memory(bytes.data(), bytes.size(), nullptr, &model);
      EDGEC_CHECK(status >= EDGEC_E_OP_TYPE && status <= EDGEC_E_OP_PARAM);
      EDGEC_CHECK(edgec_last_error()[0] != '\0');
    }
  }
}

}  // namespace
