// Runs the tests of one executable: all, or those whose name contains the first argument, but for
// those of the instruction sets in EDGEC_TEST_TESTED ("portable neon"): another core ran them.
#include <cstdarg>
#include <cstdlib>
#include <string>

#include "check.h"

namespace edgec_test {
namespace {

Case* first = nullptr;
Case** last = &first;
unsigned long long checks = 0;
char description[256] = "";

enum class Outcome { kPassed, kFailed, kSkipped };

Outcome Run(const Case& test) {
  description[0] = '\0';
  try {
    test.body();
    return Outcome::kPassed;
  } catch (const Failed&) {
    return Outcome::kFailed;
  } catch (const Skipped&) {
    return Outcome::kSkipped;
  }
}

// EDGEC_TEST_EACH_ISA ends a name with "_" and the instruction set.
bool TestedElsewhere(const char* name) {
  const char* end = std::strrchr(name, '_');
  const char* tested = std::getenv("EDGEC_TEST_TESTED");
  if (end == nullptr || tested == nullptr) return false;
  const std::string word = " " + std::string(end + 1) + " ";
  return (" " + std::string(tested) + " ").find(word) != std::string::npos;
}

}  // namespace

Case::Case(const char* name, void (*body)()) : name(name), body(body), next(nullptr) {
  *last = this;
  last = &next;
}

void Count() { ++checks; }

void Describe(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(description, sizeof(description), format, arguments);
  va_end(arguments);
}

void Fail(const char* file, int line, const char* format, ...) {
  std::printf("%s:%d: ", file, line);
  va_list arguments;
  va_start(arguments, format);
  std::vprintf(format, arguments);
  va_end(arguments);
  std::printf(description[0] ? " [%s]\n" : "%s\n", description);
  throw Failed();
}

void Skip(const char* reason) {
  std::printf("skipped: %s\n", reason);
  throw Skipped();
}

}  // namespace edgec_test

int main(int count, char** arguments) {
  using namespace edgec_test;
  const char* wanted = count > 1 ? arguments[1] : "";
  unsigned outcomes[3] = {0, 0, 0};
  for (const Case* test = first; test != nullptr; test = test->next) {
    if (std::strstr(test->name, wanted) == nullptr) continue;
    const Outcome outcome = TestedElsewhere(test->name) ? Outcome::kSkipped : Run(*test);
    if (outcome == Outcome::kFailed) std::printf("FAILED %s\n", test->name);
    if (outcome == Outcome::kSkipped) std::printf("SKIPPED %s\n", test->name);
    ++outcomes[static_cast<int>(outcome)];
  }
  std::printf("%u passed, %u failed, %u skipped; %llu checks\n", outcomes[0], outcomes[1],
              outcomes[2], checks);
  if (outcomes[1] > 0) return 1;
  return outcomes[0] + outcomes[2] > 0 ? 0 : 1;  // nothing ran: the filter matches no test
}
