#include "timed_run.h"

#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "base/clock.h"
#include "session.h"

namespace edgec {
namespace {

constexpr uint64_t kSeed = 0x5EED;

uint64_t OfAllPrograms() {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<uint64_t>(usage.ru_maxrss) * 1024;
}

}  // namespace

edgec_status Inputs::Prepare(Runner* model, const std::vector<const char*>& paths) {
  model_ = model;
  InputFiles files;
  if (!paths.empty()) {
    if (const edgec_status status = files.Open(*model, paths)) return status;
  }
  samples_ = files.samples();
  values_.resize(model->input_count());
  for (uint32_t i = 0; i < values_.size(); ++i) {
    edgec_tensor_info info;
    if (const edgec_status status = model->InputInfo(i, &info)) return status;
    for (uint64_t sample = 0; sample < samples_; ++sample) {
      // One after the other: inputs that no layer reads may share memory.
      paths.empty() ? FillRandom(*model, i, kSeed) : files.Fill(*model, i, sample);
      const uint8_t* data = static_cast<const uint8_t*>(model->InputData(i));
      values_[i].insert(values_[i].end(), data, data + info.bytes);
    }
  }
  return EDGEC_OK;
}

void Inputs::Refill() {
  for (uint32_t i = 0; i < values_.size(); ++i) {
    const size_t bytes = values_[i].size() / static_cast<size_t>(samples_);
    std::memcpy(model_->InputData(i), values_[i].data() + next_ * bytes, bytes);
  }
  next_ = (next_ + 1) % samples_;
}

edgec_status TimedRun(Runner& model, Inputs& inputs, uint64_t* taken_ns) {
  inputs.Refill();
  const uint64_t started_ns = NowNs();
  const edgec_status status = model.Run();
  *taken_ns = NowNs() - started_ns;
  return status;
}

// Linux' own count of this program's pages: what getrusage() tells includes the program that
// started this one.
uint64_t PeakRssBytes() {
  std::FILE* file = std::fopen("/proc/self/status", "r");
  if (file == nullptr) return OfAllPrograms();
  char line[256];
  unsigned long long kilobytes = 0;
  while (std::fgets(line, sizeof(line), file) != nullptr) {
    if (std::sscanf(line, "VmHWM: %llu", &kilobytes) == 1) break;
  }
  std::fclose(file);
  return kilobytes > 0 ? kilobytes * 1024 : OfAllPrograms();
}

uint64_t Nanoseconds(double seconds) { return static_cast<uint64_t>(std::min(seconds, 1e9) * 1e9); }

}  // namespace edgec
