// Nodes spoilt at random: Prepare refuses them, or Run stays inside the guarded memory of the
// tensors.
#include <climits>
#include <cmath>

#include "kernel_test.h"
#include "node_samples.h"

namespace {

using namespace edgec_test;

int32_t AnyParam(Random& random) {
  const int32_t kinds[] = {0,           1,
                           2,           3,
                           4,           -1,
                           127,         -128,
                           INT_MAX,     INT_MIN,
                           1 << 16,     Bits(std::nanf("")),
                           Bits(1e38f), Bits(-HUGE_VALF),
                           Bits(0.01f), static_cast<int32_t>(random.Next())};
  return kinds[random.Next() % (sizeof(kinds) / sizeof(kinds[0]))];
}

void SpoilDims(Random& random, Dims* dims) {
  switch (random.Next() % 4) {
    case 0:
      if (!dims->empty()) (*dims)[random.Next() % dims->size()] = 1 + random.Next() % 6;
      return;
    case 1:
      if (dims->size() < EDGEC_MAX_RANK) dims->push_back(1 + random.Next() % 3);
      return;
    case 2:
      if (!dims->empty()) dims->pop_back();
      return;
    default:
      if (dims->size() >= 2) std::swap(dims->front(), dims->back());
  }
}

void Spoil(Random& random, NodeValue* node) {
  TensorValue* tensor =
      random.Next() % 3 == 0 ? &node->output : &node->inputs[random.Next() % node->inputs.size()];
  switch (random.Next() % 8) {
    case 0:
      tensor->dtype = static_cast<edgec_dtype>(random.Next() % 6);
      return;
    case 1:
    case 2:
      SpoilDims(random, &tensor->dims);
      return;
    case 3:
      tensor->bytes[random.Next() % tensor->bytes.size()] = static_cast<uint8_t>(random.Next());
      return;
    default:
      if (!node->params.empty())
        node->params[random.Next() % node->params.size()] = AnyParam(random);
  }
}

// Returns whether it was prepared.
bool TryOne(const NodeValue& node) {
  OpCase made = MakeCase(node);
  if (made.Prepare(edgec::IsaSet::Detect(), 2) != EDGEC_OK) return false;
  const edgec_status status = made.Run();
  Describe("%s", made.op);
  EDGEC_CHECK(status == EDGEC_OK || (status == EDGEC_E_INDEX && node.op == "gather"));
  return true;
}

EDGEC_TEST(ASpoiltNodeIsRefusedOrStaysInsideItsTensors) {
  Random random(23);
  for (const NodeValue& sample : AllSamples()) {
    int prepared = 0;
    for (int round = 0; round < 300; ++round) {
      NodeValue node = sample;
      const int times = random.Within(1, 3);
      for (int i = 0; i < times; ++i) Spoil(random, &node);
      prepared += TryOne(node);
    }
    Describe("%s", sample.op.c_str());
    EDGEC_CHECK(prepared > 0);    // otherwise nothing was run
    EDGEC_CHECK(prepared < 300);  // otherwise nothing was spoilt
  }
}

}  // namespace
