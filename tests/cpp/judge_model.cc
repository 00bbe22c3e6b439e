// Runs a model in every way this CPU has and compares the bytes: each instruction set, 1 to 3
// threads, guard pages at the beginning and at the end of the engine's memory, twice each.
//   judge_model MODEL.edgec INPUTS EXPECTED     raw bytes, one tensor after the other
// Exit code 0: all equal; 1: the first difference, in one line; or the signal of a crash.
#include <signal.h>
#include <unistd.h>

#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <vector>

#include "base/aligned_memory.h"
#include "edgec/edgec.h"
#include "guarded.h"
#include "guarded_memory.h"

namespace {

using edgec_test::GuardAt;
using edgec_test::Guarded;

constexpr uint32_t kMostThreads = 3;

using Bytes = std::vector<uint8_t>;

struct Task {
  const uint8_t* file;
  size_t file_bytes;
  Bytes inputs, expected;
};

char way[160] = "reading files";  // what is going on, for the message of a crash

void SayWhere(int number) {
  const ssize_t written = write(STDERR_FILENO, way, std::strlen(way));
  static_cast<void>(written);
  signal(number, SIG_DFL);
  raise(number);
}

Bytes Read(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return Bytes(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

// Complains with the way of running in front; false, for the caller to return.
__attribute__((format(printf, 1, 2))) bool Complain(const char* format, ...) {
  std::fprintf(stderr, "%s: ", way);
  va_list arguments;
  va_start(arguments, format);
  std::vfprintf(stderr, format, arguments);
  va_end(arguments);
  std::fputc('\n', stderr);
  return false;
}

bool FillInputs(edgec_model* model, const Bytes& inputs) {
  size_t at = 0;
  edgec_tensor_info info;
  for (uint32_t i = 0; edgec_input_info(model, i, &info) == EDGEC_OK; ++i) {
    if (at + info.bytes > inputs.size()) return Complain("the inputs are too short");
    std::memcpy(edgec_input_data(model, i), inputs.data() + at, info.bytes);
    at += info.bytes;
  }
  return at == inputs.size() || Complain("the inputs are too long");
}

bool CheckOutputs(const edgec_model* model, const Bytes& expected) {
  size_t at = 0;
  edgec_tensor_info info;
  for (uint32_t i = 0; edgec_output_info(model, i, &info) == EDGEC_OK; ++i) {
    if (at + info.bytes > expected.size()) return Complain("the expected bytes are too few");
    const uint8_t* data = static_cast<const uint8_t*>(edgec_output_data(model, i));
    for (uint64_t k = 0; k < info.bytes; ++k, ++at) {
      if (data[k] == expected[at]) continue;
      return Complain("byte %llu of output '%s' is %d and should be %d",
                      static_cast<unsigned long long>(k), info.name, static_cast<int8_t>(data[k]),
                      static_cast<int8_t>(expected[at]));
    }
  }
  return at == expected.size() || Complain("there are more expected bytes than outputs");
}

bool RunTwice(edgec_model* model, const Task& task) {
  for (int run = 0; run < 2; ++run) {
    if (!FillInputs(model, task.inputs)) return false;
    if (edgec_run(model) != EDGEC_OK) return Complain("%s", edgec_last_error());
    if (!CheckOutputs(model, task.expected)) return false;
  }
  return true;
}

bool Judge(const Task& task, const edgec_options& options, GuardAt side) {
  std::snprintf(way, sizeof(way), "%s, %u threads, guard at the %s", options.isa, options.threads,
                side == GuardAt::kBegin ? "beginning" : "end");
  edgec_test::guard_at = side;
  edgec_model* model = nullptr;
  if (edgec_load_memory(task.file, task.file_bytes, &options, &model) != EDGEC_OK) {
    return Complain("%s", edgec_last_error());
  }
  const bool right = RunTwice(model, task);
  edgec_free(model);
  return right;
}

bool JudgeAll(const Task& task) {
  for (uint32_t i = 0; edgec_isa_name(i) != nullptr; ++i) {
    for (uint32_t threads = 1; threads <= kMostThreads; ++threads) {
      const edgec_options options{threads, edgec_isa_name(i)};
      if (!Judge(task, options, GuardAt::kBegin) || !Judge(task, options, GuardAt::kEnd)) {
        return false;
      }
    }
  }
  return true;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 4) {
    std::fputs("usage: judge_model MODEL.edgec INPUTS EXPECTED\n", stderr);
    return 2;
  }
  for (const int number : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT}) signal(number, SayWhere);
  const Bytes model = Read(arguments[1]);
  // The file's last bytes are at the guard as far as its beginning can stay aligned.
  Guarded<uint8_t> file(edgec::AlignUp(model.size()));
  std::memcpy(file.data(), model.data(), model.size());
  return JudgeAll({file.data(), model.size(), Read(arguments[2]), Read(arguments[3])}) ? 0 : 1;
}
