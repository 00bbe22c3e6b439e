// What both tools do with a model: load it, describe it, fill its inputs.
#ifndef EDGEC_TOOLS_SESSION_H_
#define EDGEC_TOOLS_SESSION_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "arguments.h"
#include "edgec/edgec.h"
#include "json.h"
#include "npy.h"
#include "runner.h"

namespace edgec {

// The model, in what runs its kind of file, and what it was loaded with.
struct Session {
  const char* path = nullptr;
  RunnerOptions options;
  std::unique_ptr<Runner> model;

  edgec_status Load();
};

// Reads an option that all programs have and sets *known, or leaves both as they were.
edgec_status ParseSessionOption(Arguments& arguments, Session* session, bool* known);

const char* BestIsa();  // of our engine on this CPU

// .npy files for the model's inputs, in order: as many as it has, of the same types and shapes. All
// of them may be k times as long in their first dimension: then they hold k samples.
class InputFiles {
 public:
  edgec_status Open(const Runner& model, const std::vector<const char*>& paths);
  uint64_t samples() const { return samples_; }
  void Fill(Runner& model, uint32_t index, uint64_t sample) const;

 private:
  edgec_status OpenOne(const Runner& model, const char* path);

  std::vector<std::unique_ptr<Array>> arrays_;
  uint64_t samples_ = 1;
};

// Fills input `index` from a fixed seed: floats in [-1, 1), any 8-bit value; 0 or 1 where the input
// may be an index.
void FillRandom(Runner& model, uint32_t index, uint64_t seed);

// "[1,224,224,3] float32", into 128 characters.
void ShapeText(edgec_dtype dtype, uint32_t rank, const uint32_t* dims, char* text);

void DescribeIdentity(const Session& session, Json* json);
void DescribeLayer(const edgec_layer_info& layer, Json* json);  // members only, no braces
void DescribeMemory(const Runner& model, Json* json);

}  // namespace edgec
#endif  // EDGEC_TOOLS_SESSION_H_
