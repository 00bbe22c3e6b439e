// Models of many nodes with wrong plans: tensors that overlap others, lie on an operand, or end
// behind the arena. Each is refused, in the same words on every instruction set; or it runs between
// guard pages and gives the same bytes everywhere, whatever was overwritten on the way.
#include <cstring>

#include "edgec/edgec.h"
#include "guarded_memory.h"
#include "kernel_test.h"
#include "op_models.h"

namespace {

using edgec_test::AlignedBytes;
using edgec_test::ModelBuilder;
using edgec_test::Random;
using edgec_test::TensorSpec;

constexpr int kPlans = 400;

size_t Below(Random& random, size_t limit) { return random.Next() % limit; }

// NaNs differ between instruction sets: the bytes of integers only are compared.
bool HasFloats(const ModelBuilder& model) {
  for (const TensorSpec& tensor : model.tensors) {
    if (tensor.data.empty() && tensor.dtype == EDGEC_F32) return true;
  }
  return false;
}

std::vector<ModelBuilder> Parts(bool with_floats) {
  std::vector<ModelBuilder> parts;
  for (const ModelBuilder& model : edgec_test::OpModels()) {
    if (with_floats || !HasFloats(model)) parts.push_back(model);
  }
  return parts;
}

bool SameType(const TensorSpec& a, const TensorSpec& b) {
  return a.data.empty() && b.data.empty() && a.dtype == b.dtype && a.dims == b.dims;
}

// The tensor of `whole` that takes the place of a part's tensor: an earlier one of the same type
// where `may_join`, or a new one.
int32_t Joined(Random& random, const TensorSpec& tensor, bool may_join, ModelBuilder* whole) {
  std::vector<int32_t> fitting;
  for (size_t i = 0; may_join && i < whole->tensors.size(); ++i) {
    if (SameType(whole->tensors[i], tensor)) fitting.push_back(static_cast<int32_t>(i));
  }
  if (!fitting.empty() && Below(random, 4) != 0) return fitting[Below(random, fitting.size())];
  const int32_t index = static_cast<int32_t>(whole->tensors.size());
  whole->tensors.push_back(tensor);
  whole->tensors.back().name = "t" + std::to_string(index);
  if (may_join) whole->inputs.push_back(static_cast<uint32_t>(index));
  return index;
}

void Append(Random& random, const ModelBuilder& part, ModelBuilder* whole) {
  std::vector<int32_t> index(part.tensors.size(), -1);
  for (const uint32_t i : part.inputs) index[i] = Joined(random, part.tensors[i], true, whole);
  for (size_t i = 0; i < index.size(); ++i) {
    if (index[i] < 0) index[i] = Joined(random, part.tensors[i], false, whole);
  }
  for (edgec_test::NodeSpec node : part.nodes) {
    for (auto* list : {&node.inputs, &node.outputs}) {
      for (int32_t& tensor : *list) tensor = tensor < 0 ? -1 : index[static_cast<size_t>(tensor)];
    }
    whole->nodes.push_back(node);
  }
  for (const uint32_t i : part.outputs) {
    whole->outputs.push_back(static_cast<uint32_t>(index[i]));
  }
}

// One behind the other, but for `wrong` of 64 tensors.
void Place(Random& random, size_t wrong, ModelBuilder* model) {
  uint64_t end = 0;
  for (TensorSpec& tensor : model->tensors) {
    if (!tensor.data.empty()) continue;
    const TensorSpec& other = model->tensors[Below(random, model->tensors.size())];
    const bool on_other = other.data.empty() && other.offset < end;
    tensor.offset = end;
    if (Below(random, 64) < wrong) {
      tensor.offset =
          Below(random, 2) == 0 && on_other ? other.offset : Below(random, end / 64 + 1) * 64;
    }
    end = std::max(end, tensor.offset + edgec::AlignUp(ModelBuilder::BytesOf(tensor)));
  }
  model->arena_bytes = Below(random, 16) == 0 ? end - std::min<uint64_t>(end, 64) : end;
}

void FillInputs(edgec_model* model, uint64_t seed) {
  Random random(seed);
  edgec_tensor_info info;
  for (uint32_t i = 0; edgec_input_info(model, i, &info) == EDGEC_OK; ++i) {
    uint8_t* data = static_cast<uint8_t*>(edgec_input_data(model, i));
    const bool wide = info.dtype == EDGEC_S32 || info.dtype == EDGEC_S64;  // may be indices
    for (uint64_t k = 0; k < info.bytes; ++k) {
      data[k] = static_cast<uint8_t>(wide ? (k % 8 == 0) & random.Next() : random.Next());
    }
  }
}

struct Outcome {
  edgec_status status;
  std::vector<uint8_t> bytes;  // of the outputs, if it ran
};

Outcome Try(const AlignedBytes& file, const edgec_options& options, uint64_t seed) {
  edgec_model* model = nullptr;
  Outcome outcome{edgec_load_memory(file.data(), file.size(), &options, &model), {}};
  if (outcome.status != EDGEC_OK) return outcome;
  FillInputs(model, seed);
  outcome.status = edgec_run(model);
  edgec_tensor_info info;
  for (uint32_t i = 0; edgec_output_info(model, i, &info) == EDGEC_OK; ++i) {
    const uint8_t* data = static_cast<const uint8_t*>(edgec_output_data(model, i));
    outcome.bytes.insert(outcome.bytes.end(), data, data + info.bytes);
  }
  edgec_free(model);
  return outcome;
}

// Returns whether the plan ran.
bool CheckPlan(const ModelBuilder& model, uint64_t seed) {
  const AlignedBytes file(model.Build());
  const Outcome wanted = Try(file, {1, "portable"}, seed);
  for (uint32_t i = 0; edgec_isa_name(i) != nullptr; ++i) {
    const uint32_t threads = 1 + 2 * (seed % 2);
    edgec_test::Describe("plan %d, %s, %u threads", static_cast<int>(seed), edgec_isa_name(i),
                         threads);
    const Outcome found = Try(file, {threads, edgec_isa_name(i)}, seed);
    EDGEC_CHECK_EQ(found.status, wanted.status);
    if (wanted.status == EDGEC_OK && !HasFloats(model)) EDGEC_CHECK(found.bytes == wanted.bytes);
  }
  return wanted.status == EDGEC_OK;
}

int CheckPlans(bool with_floats) {
  const std::vector<ModelBuilder> parts = Parts(with_floats);
  int ran = 0;
  for (int i = 0; i < kPlans; ++i) {
    Random random(static_cast<uint64_t>(i));
    ModelBuilder model;
    for (size_t count = 2 + Below(random, 30); count > 0; --count) {
      Append(random, parts[Below(random, parts.size())], &model);
    }
    Place(random, Below(random, 8), &model);
    edgec_test::guard_at = i % 4 < 2 ? edgec_test::GuardAt::kBegin : edgec_test::GuardAt::kEnd;
    ran += CheckPlan(model, static_cast<uint64_t>(i));
  }
  return ran;
}

EDGEC_TEST(PlansOfIntegersGiveTheSameBytesEverywhere) {
  const int ran = CheckPlans(false);
  EDGEC_CHECK(ran > kPlans / 4 && ran < kPlans);
}

EDGEC_TEST(PlansWithFloatsStayInsideTheirMemory) {
  const int ran = CheckPlans(true);
  EDGEC_CHECK(ran > kPlans / 4 && ran < kPlans);
}

}  // namespace
