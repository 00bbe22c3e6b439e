#include "quiet.h"

#include <unistd.h>

#include <cstring>

namespace edgec {

Quiet::Quiet() : written_(std::tmpfile()) {
  std::fflush(stderr);
  if (written_ == nullptr) return;  // then the user sees it all
  kept_ = dup(STDERR_FILENO);
  dup2(fileno(written_), STDERR_FILENO);
}

Quiet::~Quiet() {
  if (written_ == nullptr) return;
  std::fflush(stderr);
  dup2(kept_, STDERR_FILENO);
  close(kept_);
  std::fclose(written_);
}

std::string Quiet::LastErrorLine() const {
  std::string found;
  if (written_ == nullptr) return found;
  std::rewind(written_);
  char line[512];
  while (std::fgets(line, sizeof(line), written_) != nullptr) {
    line[std::strcspn(line, "\n")] = '\0';
    const char* error = std::strstr(line, "ERROR: ");
    if (error != nullptr) found = error + std::strlen("ERROR: ");
  }
  return found;
}

}  // namespace edgec
