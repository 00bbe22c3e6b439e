// Keeps what another runtime writes to the standard error away from the user.
#ifndef EDGEC_TOOLS_QUIET_H_
#define EDGEC_TOOLS_QUIET_H_

#include <cstdio>
#include <string>

namespace edgec {

// From its making to its end, file descriptor 2 is a temporary file.
class Quiet {
 public:
  Quiet();
  ~Quiet();
  Quiet(const Quiet&) = delete;
  Quiet& operator=(const Quiet&) = delete;

  // The last line that has something of an error in it, or "".
  std::string LastErrorLine() const;

 private:
  std::FILE* written_ = nullptr;
  int kept_ = -1;
};

}  // namespace edgec
#endif  // EDGEC_TOOLS_QUIET_H_
