#include "arguments.h"

#include <cmath>
#include <cstdlib>
#include <cstring>

#include "base/status.h"

namespace edgec {

bool Arguments::Next() {
  if (at_ == end_) return false;
  current_ = *at_++;
  return true;
}

bool Arguments::Is(const char* option) const { return std::strcmp(current_, option) == 0; }

edgec_status Arguments::Text(const char** value) {
  if (at_ == end_) return Fail(EDGEC_E_ARGUMENT, "%s needs a value", current_);
  *value = *at_++;
  return EDGEC_OK;
}

edgec_status Arguments::Append(std::vector<const char*>* values) {
  const char* value;
  if (const edgec_status status = Text(&value)) return status;
  values->push_back(value);
  return EDGEC_OK;
}

edgec_status Arguments::Count(uint32_t least, uint32_t most, uint32_t* value) {
  const char* text = "";
  if (const edgec_status status = Text(&text)) return status;
  char* end;
  const unsigned long long number = std::strtoull(text, &end, 10);
  if (text[0] < '0' || text[0] > '9' || *end != '\0' || number < least || number > most) {
    return Fail(EDGEC_E_ARGUMENT, "%s is '%s', allowed are %u to %u", current_, text, least, most);
  }
  *value = static_cast<uint32_t>(number);
  return EDGEC_OK;
}

edgec_status Arguments::Number(double* value) {
  const char* text = "";
  if (const edgec_status status = Text(&text)) return status;
  char* end;
  *value = std::strtod(text, &end);
  if (end == text || *end != '\0' || !std::isfinite(*value) || *value < 0) {
    return Fail(EDGEC_E_ARGUMENT, "%s is '%s', allowed is a number from 0", current_, text);
  }
  return EDGEC_OK;
}

edgec_status Arguments::Unknown() const {
  return Fail(EDGEC_E_ARGUMENT, "unknown argument '%s'; --help lists the known ones", current_);
}

}  // namespace edgec
