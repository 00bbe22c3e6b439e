#include "ops/node_inspector.h"

#include <cmath>

#include "ops/node_check.h"

namespace edgec {

bool NodeInspector::Counts(uint32_t inputs, uint32_t params) {
  if (!ok()) return false;
  status_ = CheckCounts(node_, context_, inputs, 1, params);
  for (uint32_t i = 0; ok() && i < inputs; ++i) Plain(*node_.inputs[i]);
  if (ok()) Plain(*node_.outputs[0]);
  return ok();
}

void NodeInspector::Plain(const Tensor& tensor) {
  Require(tensor.layout == Layout::kPlain, EDGEC_E_OP_TYPE, "an input or output is packed");
}

bool NodeInspector::Signature(std::initializer_list<edgec_dtype> inputs, edgec_dtype output,
                              uint32_t params) {
  const uint32_t count = static_cast<uint32_t>(inputs.size());
  if (!Counts(count, params)) return false;
  for (uint32_t i = 0; i < count; ++i) {
    Require(node_.inputs[i]->dtype == inputs.begin()[i], EDGEC_E_OP_TYPE,
            "an input has the wrong data type");
  }
  Require(node_.outputs[0]->dtype == output, EDGEC_E_OP_TYPE, "the output has the wrong data type");
  return ok();
}

void NodeInspector::Require(bool condition, edgec_status status, const char* sentence) {
  if (!condition && ok()) status_ = Refuse(context_, status, sentence);
}

void NodeInspector::SameShape(const Tensor& a, const Tensor& b) {
  Require(SameDims(a, b), EDGEC_E_OP_SHAPE, "input and output must have the same shape");
}

void NodeInspector::Constant(uint32_t input, uint64_t elements, const char* sentence) {
  if (!ok()) return;
  Require(node_.inputs[input]->constant, EDGEC_E_OP_TYPE, "a table must be a constant");
  Require(node_.inputs[input]->elements() == elements, EDGEC_E_OP_SHAPE, sentence);
}

int32_t NodeInspector::Int(uint32_t param, int32_t low, int32_t high, const char* sentence) {
  if (!ok()) return low;
  const int32_t value = node_.params[param];
  Require(value >= low && value <= high, EDGEC_E_OP_PARAM, sentence);
  return ok() ? value : low;
}

int32_t NodeInspector::ZeroPoint(uint32_t param) {
  return Int(param, -128, 127, "a zero point must lie in -128 .. 127");
}

float NodeInspector::Positive(uint32_t param) {
  if (!ok()) return 1.0f;
  const float value = node_.param_f32(param);
  Require(std::isnormal(value) && value > 0.0f, EDGEC_E_OP_PARAM,
          "a scale or multiplier must be a normal number above 0");
  return value;
}

float NodeInspector::Number(uint32_t param) {
  if (!ok()) return 0.0f;
  const float value = node_.param_f32(param);
  Require(!std::isnan(value), EDGEC_E_OP_PARAM, "a param is not a number");
  return value;
}

S8Range NodeInspector::Range(uint32_t param) {
  const int32_t zero_point = ZeroPoint(param);
  const int32_t qmin = Int(param + 1, -128, 127, "qmin must lie in -128 .. 127");
  const int32_t qmax = Int(param + 2, qmin, 127, "qmax must lie in qmin .. 127");
  return MakeS8Range(zero_point, qmin, qmax);
}

S8Range NodeInspector::FullRange(uint32_t param) {
  return MakeS8Range(ZeroPoint(param), -128, 127);
}

bool ProductIs(uint64_t a, uint64_t b, uint64_t c, uint64_t product) {
  if (a == 0 || b == 0 || c == 0 || product % a != 0) return false;
  product /= a;
  if (product % b != 0) return false;
  return product / b == c;
}

}  // namespace edgec
