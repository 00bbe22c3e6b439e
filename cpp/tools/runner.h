// What runs a model: one class for each kind of model file, so that edgec-run and edgec-bench treat
// all of them alike: same options, same clock, same JSON.
//
// A runner is one file, <name>_runner.cc, and one line in runners.inc.
#ifndef EDGEC_TOOLS_RUNNER_H_
#define EDGEC_TOOLS_RUNNER_H_

#include <memory>

#include "edgec/edgec.h"

namespace edgec {

struct RunnerOptions {
  uint32_t threads = 1;
  const char* isa = nullptr;              // nullptr: the best; a runner without a choice refuses
  const char* runtime_library = nullptr;  // nullptr: where the runner looks for its library itself
};

// Texts live as long as the runner.
struct Identity {
  uint32_t abi;         // of our C ABI; 0: not our engine
  const char* version;  // of the runtime, "0.1.0" or "LiteRT 2.3.0"
  const char* model;
  const char* isa;  // the highest instruction set that the model may use, or the runtime's name
};

// A call that can fail returns a status and leaves a sentence in LastError(). EDGEC_E_RUNTIME is
// for what another runtime says, in one line.
class Runner {
 public:
  virtual ~Runner() = default;

  // Called once, before everything else. All that a run needs is allocated here.
  virtual edgec_status Load(const char* path, const RunnerOptions& options) = 0;
  virtual Identity identity() const = 0;

  virtual uint32_t input_count() const = 0;
  virtual uint32_t output_count() const = 0;
  // EDGEC_E_ARGUMENT past the last one.
  virtual edgec_status InputInfo(uint32_t index, edgec_tensor_info* info) const = 0;
  virtual edgec_status OutputInfo(uint32_t index, edgec_tensor_info* info) const = 0;

  // Where to write before every run: a run may reuse the memory. Dense, in the info's dims.
  virtual void* InputData(uint32_t index) = 0;
  virtual edgec_status Run() = 0;
  // Valid after a run, until the next one.
  virtual const void* OutputData(uint32_t index) const = 0;
  // The output that holds the answer of the last run: another than the last one where models end
  // early.
  virtual uint32_t answer() const { return output_count() == 0 ? 0 : output_count() - 1; }

  // Whether a run may end before the last layer.
  virtual bool has_exits() const { return false; }

  // Where the runtime tells them; otherwise there are none.
  virtual uint32_t layer_count() const { return 0; }
  virtual edgec_status LayerInfo(uint32_t index, edgec_layer_info* layer) const;
  virtual void SetProfiling(bool) {}  // LayerInfo's last_ns are of runs with profiling on

  // 0 for what the runtime does not tell.
  virtual edgec_memory_info memory() const = 0;
};

// The runner for a file by its ending; EDGEC_E_RUNTIME where this program cannot have it.
edgec_status MakeRunner(const char* path, std::unique_ptr<Runner>* runner);

// The word after the last slash without its ending, for runtimes whose files hold no name.
const char* FileStem(const char* path, char* text, size_t size);

}  // namespace edgec
#endif  // EDGEC_TOOLS_RUNNER_H_
