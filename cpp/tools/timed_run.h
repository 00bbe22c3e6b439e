// Runs of a model with the same inputs again and again, timed.
#ifndef EDGEC_TOOLS_TIMED_RUN_H_
#define EDGEC_TOOLS_TIMED_RUN_H_

#include <cstdint>
#include <vector>

#include "edgec/edgec.h"
#include "runner.h"

namespace edgec {

// The values of all inputs, kept outside the arena: a run may reuse an input's memory.
class Inputs {
 public:
  // Files with several samples give them in turn; no files: random values from a fixed seed.
  edgec_status Prepare(Runner* model, const std::vector<const char*>& paths);
  // Writes the next sample.
  void Refill();

 private:
  Runner* model_ = nullptr;
  std::vector<std::vector<uint8_t>> values_;  // by input, all samples one after the other
  uint64_t samples_ = 1, next_ = 0;
};

// One run; writing the inputs is not part of the time.
edgec_status TimedRun(Runner& model, Inputs& inputs, uint64_t* taken_ns);

// Most memory that the process has had, in bytes.
uint64_t PeakRssBytes();

uint64_t Nanoseconds(double seconds);

}  // namespace edgec
#endif  // EDGEC_TOOLS_TIMED_RUN_H_
