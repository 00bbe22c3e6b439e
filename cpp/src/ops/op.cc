#include "ops/op.h"

#include <cstring>

namespace edgec {

#define EDGEC_OP(name, prepare) \
  edgec_status prepare(const Node& node, PrepareContext& context, std::unique_ptr<Op>* op);
#include "ops/ops.inc"
#undef EDGEC_OP

namespace {

struct OpEntry {
  const char* name;
  PrepareFunction prepare;
};

constexpr OpEntry kOps[] = {
#define EDGEC_OP(name, prepare) {name, prepare},
#include "ops/ops.inc"
#undef EDGEC_OP
    {nullptr, nullptr},
};

}  // namespace

uint64_t Tensor::elements() const {
  uint64_t count = 1;
  for (uint32_t i = 0; i < rank; ++i) count *= dims[i];
  return count;
}

float Node::param_f32(uint32_t index) const {
  float value;
  std::memcpy(&value, &params[index], sizeof(value));
  return value;
}

PrepareFunction FindOp(const char* name) {
  for (const OpEntry* entry = kOps; entry->name != nullptr; ++entry) {
    if (std::strcmp(entry->name, name) == 0) return entry->prepare;
  }
  return nullptr;
}

}  // namespace edgec
