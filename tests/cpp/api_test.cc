// Misuse of the C ABI: every call answers with a status, none crashes.
#include <unistd.h>

#include <cstdlib>
#include <vector>

#include "check.h"
#include "edgec/edgec.h"
#include "model_builder.h"

namespace {

using edgec_test::AlignedBytes;

edgec_model* const kUntouched = reinterpret_cast<edgec_model*>(64);

EDGEC_TEST(NullPointersAreAnArgumentError) {
  edgec_model* model = kUntouched;
  EDGEC_CHECK_EQ(edgec_load_file(nullptr, nullptr, &model), EDGEC_E_ARGUMENT);
  EDGEC_CHECK(model == nullptr);
  model = kUntouched;
  EDGEC_CHECK_EQ(edgec_load_memory(nullptr, 64, nullptr, &model), EDGEC_E_ARGUMENT);
  EDGEC_CHECK(model == nullptr);
  EDGEC_CHECK_EQ(edgec_load_file("x", nullptr, nullptr), EDGEC_E_ARGUMENT);
  EDGEC_CHECK_EQ(edgec_run(nullptr), EDGEC_E_ARGUMENT);
  EDGEC_CHECK_EQ(edgec_set_profiling(nullptr, 1), EDGEC_E_ARGUMENT);
  EDGEC_CHECK_EQ(edgec_input_info(nullptr, 0, nullptr), EDGEC_E_ARGUMENT);
  EDGEC_CHECK_EQ(edgec_output_info(nullptr, 0, nullptr), EDGEC_E_ARGUMENT);
  EDGEC_CHECK_EQ(edgec_layer_info_at(nullptr, 0, nullptr), EDGEC_E_ARGUMENT);
  EDGEC_CHECK_EQ(edgec_memory(nullptr, nullptr), EDGEC_E_ARGUMENT);
  EDGEC_CHECK(edgec_input_data(nullptr, 0) == nullptr);
  EDGEC_CHECK(edgec_output_data(nullptr, 0) == nullptr);
  EDGEC_CHECK_EQ(edgec_input_count(nullptr) + edgec_output_count(nullptr), 0u);
  EDGEC_CHECK_EQ(edgec_layer_count(nullptr), 0u);
  EDGEC_CHECK_EQ(edgec_model_name(nullptr), "");
  edgec_free(nullptr);
}

EDGEC_TEST(IndicesOutOfRangeAreAnArgumentError) {
  const AlignedBytes bytes(edgec_test::SmallModel().Build());
  edgec_model* model = nullptr;
  EDGEC_CHECK_EQ(edgec_load_memory(bytes.data(), bytes.size(), nullptr, &model), EDGEC_OK);
  edgec_tensor_info tensor;
  edgec_layer_info layer;
  for (const uint32_t index : {1u, 2u, 1000u, ~0u}) {
    EDGEC_CHECK_EQ(edgec_input_info(model, index, &tensor), EDGEC_E_ARGUMENT);
    EDGEC_CHECK_EQ(edgec_output_info(model, index, &tensor), EDGEC_E_ARGUMENT);
    EDGEC_CHECK(edgec_input_data(model, index) == nullptr);
    EDGEC_CHECK(edgec_output_data(model, index) == nullptr);
  }
  EDGEC_CHECK_EQ(edgec_layer_info_at(model, 2, &layer), EDGEC_E_ARGUMENT);
  EDGEC_CHECK_EQ(edgec_layer_info_at(model, 0, nullptr), EDGEC_E_ARGUMENT);
  EDGEC_CHECK_EQ(edgec_input_info(model, 0, nullptr), EDGEC_E_ARGUMENT);
  EDGEC_CHECK_EQ(edgec_memory(model, nullptr), EDGEC_E_ARGUMENT);
  edgec_free(model);
}

EDGEC_TEST(MemoryThatIsNotAlignedIsRefused) {
  const AlignedBytes bytes(std::vector<uint8_t>(256, 0));
  edgec_model* model = kUntouched;
  EDGEC_CHECK_EQ(edgec_load_memory(bytes.data() + 4, 128, nullptr, &model), EDGEC_E_ARGUMENT);
  EDGEC_CHECK(model == nullptr);
}

EDGEC_TEST(OptionsThatDoNotExistAreRefused) {
  const AlignedBytes bytes(edgec_test::SmallModel().Build());
  edgec_model* model = nullptr;
  const edgec_options sse{0, "sse9"}, empty{0, ""}, many{257, nullptr};
  EDGEC_CHECK_EQ(edgec_load_memory(bytes.data(), bytes.size(), &sse, &model), EDGEC_E_ISA);
  EDGEC_CHECK(std::strstr(edgec_last_error(), "sse9") != nullptr);
  EDGEC_CHECK_EQ(edgec_load_memory(bytes.data(), bytes.size(), &empty, &model), EDGEC_E_ISA);
  EDGEC_CHECK_EQ(edgec_load_memory(bytes.data(), bytes.size(), &many, &model), EDGEC_E_ARGUMENT);
#if defined(__x86_64__)
  const edgec_options neon{0, "neon"};
  EDGEC_CHECK_EQ(edgec_load_memory(bytes.data(), bytes.size(), &neon, &model), EDGEC_E_ISA);
#endif
  EDGEC_CHECK(model == nullptr);
}

EDGEC_TEST(AFileThatIsNotThereIsAnOpenError) {
  edgec_model* model = kUntouched;
  EDGEC_CHECK_EQ(edgec_load_file("/nonexistent.edgec", nullptr, &model), EDGEC_E_OPEN);
  EDGEC_CHECK(model == nullptr);
}

EDGEC_TEST(AFileAndItsBytesLoadTheSame) {
  const std::vector<uint8_t> bytes = edgec_test::SmallModel().Build();
  char path[] = "/tmp/edgec_api_test_XXXXXX";
  const int descriptor = mkstemp(path);
  EDGEC_CHECK_EQ(write(descriptor, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  close(descriptor);
  edgec_model* model = nullptr;
  const edgec_status status = edgec_load_file(path, nullptr, &model);
  unlink(path);
  EDGEC_CHECK_EQ(status, EDGEC_OK);
  EDGEC_CHECK_EQ(edgec_run(model), EDGEC_OK);
  edgec_free(model);
}

EDGEC_TEST(TheFirstInstructionSetIsPortableAndTheListEnds) {
  EDGEC_CHECK_EQ(edgec_isa_name(0), "portable");
  EDGEC_CHECK(edgec_isa_name(5) == nullptr);
  EDGEC_CHECK(edgec_isa_name(~0u) == nullptr);
}

EDGEC_TEST(TheVersionIsTheHeaders) {
  EDGEC_CHECK_EQ(edgec_abi_version(), static_cast<uint32_t>(EDGEC_ABI_VERSION));
  EDGEC_CHECK(edgec_version()[0] >= '0' && edgec_version()[0] <= '9');
}

}  // namespace
