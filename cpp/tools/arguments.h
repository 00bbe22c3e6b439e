// Command lines: `--name value` and `--name`, one positional argument.
#ifndef EDGEC_TOOLS_ARGUMENTS_H_
#define EDGEC_TOOLS_ARGUMENTS_H_

#include <cstdint>
#include <vector>

#include "edgec/edgec.h"

namespace edgec {

// Reads argv from left to right. A value that does not fit ends in EDGEC_E_ARGUMENT and
// LastError().
class Arguments {
 public:
  Arguments(int count, char** values) : at_(values + 1), end_(values + count) {}

  // Moves on to the next argument; false after the last one.
  bool Next();
  bool Is(const char* option) const;
  bool IsPositional() const { return current_[0] != '-'; }
  const char* current() const { return current_; }

  // The value that follows the current option.
  edgec_status Text(const char** value);
  edgec_status Append(std::vector<const char*>* values);
  edgec_status Count(uint32_t least, uint32_t most, uint32_t* value);
  edgec_status Number(double* value);  // finite and not negative

  edgec_status Unknown() const;

 private:
  char** at_;
  char** end_;
  const char* current_ = "";
};

}  // namespace edgec
#endif  // EDGEC_TOOLS_ARGUMENTS_H_
