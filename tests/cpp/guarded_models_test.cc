// Every op, as a whole model between guard pages: the file, the arena, the scratch memory, and what
// ops make at load. An op that touches a byte beyond them crashes. Random graphs are run in the
// same way by judge_model.cc.
#include <cstring>

#include "check.h"
#include "edgec/edgec.h"
#include "guarded.h"
#include "guarded_memory.h"
#include "op_models.h"

namespace {

using edgec_test::GuardAt;
using edgec_test::Guarded;
using edgec_test::ModelBuilder;

void RunGuarded(const ModelBuilder& builder, const edgec_options& options) {
  const std::vector<uint8_t> bytes = builder.Build();
  Guarded<uint8_t> file(edgec::AlignUp(bytes.size()));  // it has to begin aligned
  std::memcpy(file.data(), bytes.data(), bytes.size());
  edgec_model* model = nullptr;
  EDGEC_CHECK_EQ(edgec_load_memory(file.data(), bytes.size(), &options, &model), EDGEC_OK);
  EDGEC_CHECK_EQ(edgec_run(model), EDGEC_OK);
  edgec_free(model);
}

EDGEC_TEST(EveryOpStaysInsideItsMemory) {
  for (const ModelBuilder& model : edgec_test::OpModels()) {
    for (const GuardAt side : {GuardAt::kBegin, GuardAt::kEnd}) {
      edgec_test::guard_at = side;
      for (uint32_t i = 0; edgec_isa_name(i) != nullptr; ++i) {
        for (const uint32_t threads : {1u, 3u}) RunGuarded(model, {threads, edgec_isa_name(i)});
      }
    }
  }
}

EDGEC_TEST(TheEngineOfThisProgramIsTheGuardedOne) {
  const long page = sysconf(_SC_PAGESIZE);
  for (const GuardAt side : {GuardAt::kBegin, GuardAt::kEnd}) {
    edgec_test::guard_at = side;
    edgec_model* model = nullptr;
    const edgec_test::AlignedBytes file(edgec_test::OneOp("lut_s8", {})
                                            .In(EDGEC_S8, {64})
                                            .Constant<int8_t>(EDGEC_S8, {256}, -60, 5)
                                            .Out(EDGEC_S8, {64})
                                            .Build());
    EDGEC_CHECK_EQ(edgec_load_memory(file.data(), file.size(), nullptr, &model), EDGEC_OK);
    const uintptr_t first = reinterpret_cast<uintptr_t>(edgec_input_data(model, 0));
    const uintptr_t last = reinterpret_cast<uintptr_t>(edgec_output_data(model, 0)) + 64;
    EDGEC_CHECK_EQ((side == GuardAt::kBegin ? first : last) % static_cast<uintptr_t>(page), 0u);
    edgec_free(model);
  }
}

}  // namespace
