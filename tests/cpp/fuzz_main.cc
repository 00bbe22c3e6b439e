// The loop around fuzz_model.cc for compilers without libFuzzer: fuzz_model SECONDS [SEED
// [LAST_INPUT]]. LAST_INPUT is a file that holds the input being tried, so that it is there after a
// crash.
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

std::vector<uint8_t> Mutated(const uint8_t* data, size_t size, uint32_t seed);
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

constexpr unsigned kHangSeconds = 30;

void Keep(std::FILE* file, const std::vector<uint8_t>& input) {
  if (file == nullptr) return;
  std::rewind(file);
  std::fwrite(input.data(), 1, input.size(), file);
  std::fflush(file);
  if (ftruncate(fileno(file), static_cast<off_t>(input.size())) != 0) std::perror("ftruncate");
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 2) return std::fputs("usage: fuzz_model SECONDS [SEED [LAST_INPUT]]\n", stderr), 1;
  const std::chrono::duration<double> limit(std::atof(arguments[1]));
  uint32_t seed = count > 2 ? static_cast<uint32_t>(std::strtoul(arguments[2], nullptr, 10)) : 1;
  std::FILE* last = count > 3 ? std::fopen(arguments[3], "wb") : nullptr;
  const auto started = std::chrono::steady_clock::now();
  std::vector<uint8_t> input;
  uint64_t tried = 0;
  while (std::chrono::steady_clock::now() - started < limit) {
    input =
        Mutated(input.data(), input.size(), seed++);  // damage adds up, until a new model is taken
    Keep(last, input);
    alarm(kHangSeconds);
    LLVMFuzzerTestOneInput(input.data(), input.size());
    ++tried;
  }
  std::printf("%llu inputs, no finding\n", static_cast<unsigned long long>(tried));
  if (last != nullptr) std::fclose(last);
  return 0;
}
