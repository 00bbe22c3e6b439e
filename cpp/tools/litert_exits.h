// What a .tflite file of ours says about early exits: edgec/lower/backends/tflite/segments.py.
#ifndef EDGEC_TOOLS_LITERT_EXITS_H_
#define EDGEC_TOOLS_LITERT_EXITS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "edgec/edgec.h"

namespace edgec {

struct LiteRtExits {
  static constexpr char kMetadata[] = "edgec.exits";
  static constexpr uint32_t kNoExit = UINT32_MAX;

  struct Place {
    uint32_t segment, position;  // among the outputs of its signature
  };
  struct Segment {
    uint32_t answer, limit;  // the model output that its exit judges; kNoExit: the run goes on
  };

  std::vector<Place> outputs;  // of the model
  std::vector<Segment> segments;
  std::vector<uint32_t> exponentials;

  // Whether a row of logits is sure enough to end the run behind this segment.
  bool Ends(const Segment& segment, const void* logits, uint64_t bytes) const;
  // The output that answers where no exit does.
  uint32_t WholeAnswer() const;

  // EDGEC_E_RUNTIME where the metadata is not what edgec writes.
  edgec_status Read(const void* metadata, size_t bytes);

 private:
  bool Parse(const std::vector<uint32_t>& words);
  bool ExitsAreWrittenWhereTheyEnd() const;
};

}  // namespace edgec
#endif  // EDGEC_TOOLS_LITERT_EXITS_H_
